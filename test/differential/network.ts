import { formatTuple } from "../../runtime/plan/values/format.ts";
import type { Values } from "../../runtime/plan/values/value.ts";
import type { Peer, Sent } from "./peer.ts";
import { compareTuples } from "./tuple.ts";

/** Command from outside. `node` is the index of a node. */
export type Command =
  | { readonly kind: "insert" | "delete"; readonly node: number; readonly name: string; readonly args: Values }
  | { readonly kind: "advance"; readonly seconds: number };

export function formatCommand(command: Command): string {
  if (command.kind === "advance") return `advance ${command.seconds}`;
  return `${command.kind} ${formatTuple(command.name, command.args)} at ${command.node}`;
}

/** Limit of messages after one command. Further messages are lost, as datagrams may be. */
const DELIVERIES = 60;

/** Nodes and the datagrams between them, one tuple each. They arrive in the order sent; those of one step are sorted. */
export class Network {
  readonly #peers: readonly Peer[];
  #time = 0;

  constructor(peers: readonly Peer[]) {
    this.#peers = peers;
  }

  /** Runs a command and all its effects. Returns the observations, node by node. */
  run(command: Command): readonly string[] {
    if (command.kind === "advance") {
      this.#time += command.seconds;
      for (const peer of this.#peers) peer.advanceTo(this.#time);
    } else {
      this.#peers[command.node]?.[command.kind](command.name, command.args);
    }
    this.#deliver();
    return this.#peers.flatMap((peer) =>
      peer
        .takeObservations()
        .toSorted()
        .map((line) => `${peer.address} ${line}`),
    );
  }

  /** Returns the tables of all nodes as text. */
  tables(names: readonly string[]): readonly string[] {
    return this.#peers.flatMap((peer) =>
      names.flatMap((name) =>
        peer
          .rows(name)
          .map((row) => `${peer.address} ${formatTuple(name, row)}`)
          .toSorted(),
      ),
    );
  }

  #deliver(): void {
    const waiting = this.#collect();
    for (let count = 0; count < DELIVERIES; count++) {
      const next = waiting.shift();
      if (next === undefined) return;
      const { from, sent } = next;
      this.#peers.find((peer) => peer.address === sent.to)?.receive(sent, from);
      waiting.push(...this.#collect());
    }
  }

  #collect(): { readonly from: string; readonly sent: Sent }[] {
    return this.#peers.flatMap((peer) =>
      peer
        .takeSent()
        .toSorted(compareSent)
        .map((sent) => ({ from: peer.address, sent })),
    );
  }
}

function compareSent(one: Sent, other: Sent): number {
  if (one.to !== other.to) return one.to < other.to ? -1 : 1;
  return compareTuples(one, other);
}
