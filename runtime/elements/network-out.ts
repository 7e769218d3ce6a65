import { keyOfRow } from "../plan/key.ts";
import type { Tuple } from "../plan/packet.ts";
import { equalRows } from "../plan/value.ts";
import { DatagramBuilder } from "../wire/datagram-builder.ts";
import { type DatagramTrain, datagramsOf, sizeOf } from "../wire/datagram-train.ts";
import type { Datagrams } from "../world/world.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { PeerBook, PeerCounters } from "../observe/peer-book.ts";
import type { ElementSpec } from "../plan/element-spec.ts";

export const spec: ElementSpec = {
  name: "NetworkOut",
  manual: `
NetworkOut(datagrams)

Holds what a step sends until the step ends, then packs the tuples for each place into as few datagrams as they fit;
equal tuples for one place go once.

Ports   in: 1 push. out: the network.
Drops   "hop limit": a packet that too many nodes have sent on; "too large": a tuple beyond what fragments carry;
        "too deep": lists in lists without end; "several trains": packets of two trains in one tuple.
Reads   counters: tuples in, datagrams out
Built   by runtime/node/dataflow.ts, one per node.
See     LocSpecDemux, NetworkIn
`,
  inputs: "1",
  outputs: "0",
  drops: ["hop limit", "too large", "too deep", "several trains"],
};

const FEW = 8;

export class NetworkOut {
  readonly counters: ElementCounters = new ElementCounters();
  readonly #datagrams: Datagrams;
  readonly #peers: PeerBook;
  readonly #builder: DatagramBuilder;
  #waiting = new Map<string, Tuple[]>();

  constructor(datagrams: Datagrams, peers: PeerBook) {
    this.#datagrams = datagrams;
    this.#peers = peers;
    this.#builder = new DatagramBuilder(datagrams.maxPayload);
  }

  push(to: string, tuple: Tuple): void {
    this.counters.in++;
    const tuples = this.#waiting.get(to);
    if (tuples === undefined) this.#waiting.set(to, [tuple]);
    else tuples.push(tuple);
  }

  leave(): void {
    if (this.#waiting.size === 0) return;
    const waiting = this.#waiting;
    this.#waiting = new Map();
    for (const [to, tuples] of waiting) this.#send(to, withoutRepeats(tuples));
  }

  forget(): void {
    this.#waiting.clear();
  }

  #send(to: string, tuples: readonly Tuple[]): void {
    const peer = this.#peers.peer(to);
    for (const tuple of tuples) {
      const refused = this.#builder.add(tuple);
      if (refused === undefined) peer.sentTuples++;
      else this.counters.drop(refused);
    }
    for (const built of this.#builder.takeBuilt()) {
      if (built instanceof Uint8Array) this.#datagram(to, built, peer);
      else this.#train(to, built, peer);
    }
  }

  #datagram(to: string, bytes: Uint8Array, peer: PeerCounters): void {
    this.#count(peer, 1, bytes.length);
    this.#datagrams.send(to, bytes);
  }

  #train(to: string, train: DatagramTrain, peer: PeerCounters): void {
    if (this.#datagrams.sendTrain === undefined) {
      for (const bytes of datagramsOf(train)) this.#datagram(to, bytes, peer);
      return;
    }
    this.#count(peer, train.train.count, sizeOf(train));
    this.#datagrams.sendTrain(to, train);
  }

  #count(peer: PeerCounters, datagrams: number, bytes: number): void {
    this.counters.out += datagrams;
    peer.sent += datagrams;
    peer.sentBytes += bytes;
  }
}

function withoutRepeats(tuples: readonly Tuple[]): readonly Tuple[] {
  if (tuples.length === 1) return tuples;
  if (tuples.length > FEW) return [...new Map(tuples.map((tuple) => [tupleKey(tuple), tuple])).values()];
  return tuples.filter((tuple, at) => !tuples.slice(0, at).some((other) => isSame(tuple, other)));
}

function tupleKey({ predicate, args, isDelete }: Tuple): string {
  return `${predicate.id}${isDelete ? "-" : "+"}${keyOfRow(args)}`;
}

function isSame(one: Tuple, other: Tuple): boolean {
  return one.predicate === other.predicate && one.isDelete === other.isDelete && equalRows(one.args, other.args);
}
