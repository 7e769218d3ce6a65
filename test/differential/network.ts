import { formatTuple } from "../../runtime/plan/values/format.ts";
import type { Values } from "../../runtime/plan/values/value.ts";
import type { Peer, Sent } from "./peer.ts";
import { compareTuples } from "./tuple.ts";

/** One thing that happens from outside; `node` is a position among the nodes. */
export type Command =
  | { readonly kind: "insert" | "delete"; readonly node: number; readonly name: string; readonly args: Values }
  | { readonly kind: "advance"; readonly seconds: number };

export function formatCommand(command: Command): string {
  if (command.kind === "advance") return `advance ${command.seconds}`;
  return `${command.kind} ${formatTuple(command.name, command.args)} at ${command.node}`;
}

/** Messages that one command may set off; what is under way then is lost, as datagrams may be. */
const DELIVERIES = 60;

/** Nodes and the datagrams between them, one tuple each: in the order sent, those of one step in the order of tuples. */
export class Network {
  readonly #peers: readonly Peer[];
  #time = 0;

  constructor(peers: readonly Peer[]) {
    this.#peers = peers;
  }

  /** Does what the command says and lets all follow from it. What happened is told node by node, in a fixed order. */
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
        .takeTold()
        .toSorted()
        .map((line) => `${peer.address} ${line}`),
    );
  }

  /** The tables of all nodes as text. */
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
