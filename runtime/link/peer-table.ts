/** The peers whose keys a node trusts, by name, by key, and by the handshake under way. */
import { formatKey } from "./key-text.ts";
import type { Attempt, LinkedNode } from "./linked-node.ts";

export class PeerTable {
  readonly #byName = new Map<string, LinkedNode>();
  readonly #byKey = new Map<string, LinkedNode>();
  readonly #byAttempt = new Map<number, LinkedNode>();

  get all(): readonly LinkedNode[] {
    return [...this.#byName.values()];
  }

  ofName(name: string): LinkedNode | undefined {
    return this.#byName.get(name);
  }

  ofKey(key: Uint8Array): LinkedNode | undefined {
    return this.#byKey.get(formatKey(key));
  }

  /** Returns the peer to which the message with this key id went, the latest of its handshake. */
  ofAttempt(id: number): LinkedNode | undefined {
    return this.#byAttempt.get(id);
  }

  /** Adds a peer whose name and key no other peer has. */
  add(peer: LinkedNode): void {
    this.#byName.set(peer.name, peer);
    this.#byKey.set(formatKey(peer.key), peer);
  }

  remove(peer: LinkedNode): void {
    this.setAttempt(peer, undefined);
    this.#byName.delete(peer.name);
    this.#byKey.delete(formatKey(peer.key));
  }

  setAttempt(peer: LinkedNode, attempt: Attempt | undefined): void {
    if (peer.attempt !== undefined) this.#byAttempt.delete(peer.attempt.id);
    peer.attempt = attempt;
    if (attempt !== undefined) this.#byAttempt.set(attempt.id, peer);
  }
}
