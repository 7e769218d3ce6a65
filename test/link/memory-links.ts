import type { LinkCounts, LinkedPeer, LinkEvents, Links, LinkState, SessionKeys } from "../../runtime/world/links.ts";

/** A sealed datagram of `MemoryLinks`: the key instead of a ciphertext. */
export interface MemoryDatagram {
  readonly keyId: number;
  readonly key: string;
  readonly counter: number;
  readonly bytes: Uint8Array;
}

interface MemoryLink {
  readonly peer: LinkedPeer;
  endpoint: string;
  sessions: { keys: SessionKeys; isConfirmed: boolean; sealed: number; readonly opened: Set<number> }[];
  sealing: number | undefined;
  sealedAt: number | undefined;
  openedAt: number | undefined;
}

const SESSIONS_EACH = 4;
const NO_COUNTS = { sealed: 0, opened: 0, forged: 0, replayed: 0, unknownKey: 0, unsealed: 0, wrongMac: 0, overrun: 0 };

/** Links as the addon keeps them, without ciphers: a datagram is open to who has the key of its session. */
export class MemoryLinks implements Links {
  readonly counts: LinkCounts = NO_COUNTS;
  readonly #now: () => number;
  readonly #links = new Map<string, MemoryLink>();
  events: LinkEvents | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  onEvents(events: LinkEvents): void {
    this.events = events;
  }

  setMacKey(): void {}

  add(name: string, endpoint: string): LinkedPeer {
    const known = this.#links.get(name);
    if (known !== undefined) {
      known.endpoint = endpoint;
      return known.peer;
    }
    const peer = { name, link: this.#links.size + 1 };
    const nothing = { sealing: undefined, sealedAt: undefined, openedAt: undefined };
    this.#links.set(name, { peer, endpoint, sessions: [], ...nothing });
    return peer;
  }

  remove({ name }: LinkedPeer): void {
    this.#links.delete(name);
  }

  addSession({ name }: LinkedPeer, keys: SessionKeys): string | undefined {
    const link = this.#links.get(name) as MemoryLink;
    if (link.sessions.length === SESSIONS_EACH) return "ENOSPC";
    link.sessions.push({ keys, isConfirmed: keys.isConfirmed, sealed: 0, opened: new Set() });
    if (keys.isConfirmed) link.sealing = keys.id;
    return undefined;
  }

  removeSession(ended: number): void {
    for (const link of this.#links.values()) {
      link.sessions = link.sessions.filter(({ keys }) => keys.id !== ended);
      if (link.sealing === ended) link.sealing = link.sessions.findLast(({ isConfirmed }) => isConfirmed)?.keys.id;
    }
  }

  state({ name }: LinkedPeer): LinkState | undefined {
    const link = this.#links.get(name);
    if (link === undefined) return undefined;
    const { endpoint, sealing: id, sealedAt, openedAt, sessions } = link;
    const sealed = sessions.find(({ keys }) => keys.id === id)?.sealed ?? 0;
    return { endpoint, id, sealed, sealedAt, openedAt };
  }

  /** Seals a datagram for a peer, and returns where it goes; undefined if the link cannot seal. */
  seal(name: string, bytes: Uint8Array): { readonly to: string; readonly sealed: MemoryDatagram } | undefined {
    const link = this.#links.get(name);
    const session = link?.sessions.find(({ keys }) => keys.id === link.sealing);
    if (link === undefined || session === undefined) return undefined;
    link.sealedAt = this.#now();
    const { peerId, sealKey } = session.keys;
    const key = Buffer.from(sealKey).toString("hex");
    return { to: link.endpoint, sealed: { keyId: peerId, key, counter: session.sealed++, bytes } };
  }

  /** Opens a datagram and returns the name of its sender; undefined if it must be dropped. */
  open({ keyId, key, counter }: MemoryDatagram, from: string): LinkedPeer | undefined {
    for (const link of this.#links.values()) {
      const session = link.sessions.find(({ keys }) => keys.id === keyId);
      if (session === undefined || Buffer.from(session.keys.openKey).toString("hex") !== key) continue;
      if (session.opened.has(counter)) return undefined;
      session.opened.add(counter);
      link.openedAt = this.#now();
      const isNews = !session.isConfirmed || link.endpoint !== from;
      link.endpoint = from;
      if (!session.isConfirmed) link.sealing = keyId;
      session.isConfirmed = true;
      if (isNews) this.events?.changed();
      return link.peer;
    }
    return undefined;
  }
}
