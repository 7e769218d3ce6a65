import type { StepInput } from "../engine/step-input.ts";
import type { Tuple } from "../plan/values/packet.ts";
import { isTrain, type Train } from "../plan/values/train.ts";
import { decodeDatagram, type EncodedTuple } from "../wire/decode.ts";
import { Reassembly } from "../wire/reassembly.ts";
import type { PathSizes } from "../path/path-sizes.ts";
import type { Clock, Datagram, World } from "../world/world.ts";
import type { PeerCounters, PeerTraffic } from "../observe/peer-counters.ts";
import type { Admission } from "./admission.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { ElementSpec } from "../plan/contract/element-spec.ts";

export const spec: ElementSpec = {
  name: "NetworkIn",
  manual: `
NetworkIn(datagrams)

Takes datagrams apart into the tuples they carry and puts fragments together again. Datagrams that came together and
differ only in the packet of a device that they end with are one tuple with a train in it. What nodes say to each other
about the sizes of datagrams ends here.

Ports   in: the network. out: 1 push, one tuple a push, in the order of the datagram.
Drops   what is no datagram of this version, or a fragment that does not fit, by the reason the codec gives.
Reads   counters: datagrams in, admitted tuples out; reassembly: what waits for fragments
Built   by runtime/node/dataflow.ts, one per node.
See     Admission, Mux, NetworkOut
`,
  inputs: "0",
  outputs: "1",
  drops: ["datagram: ..."],
};

export class NetworkIn {
  readonly counters: ElementCounters = new ElementCounters();
  /** That of the program which is running; without one nothing is let in. */
  admission: Admission | undefined;
  readonly #world: World;
  readonly #clock: Clock;
  readonly #peers: PeerCounters;
  readonly #paths: PathSizes;
  readonly #out: (cause: StepInput) => void;
  readonly #reassembly = new Reassembly();

  constructor(world: World, peers: PeerCounters, paths: PathSizes, out: (cause: StepInput) => void) {
    this.#world = world;
    this.#clock = world.clock;
    this.#peers = peers;
    this.#paths = paths;
    this.#out = out;
  }

  /** Messages of which pieces have come, and those given up before they were whole. */
  get reassembly(): Reassembly {
    return this.#reassembly;
  }

  start(): void {
    this.#world.datagrams.onDatagram((datagram) => this.#arrived(datagram));
  }

  #arrived({ bytes, from }: Datagram): void {
    if (isTrain(bytes)) this.#train(bytes, from);
    else this.#datagram(bytes, from);
  }

  #train(train: Train, from: string): void {
    const tuple = this.admission?.decodeCached(train) ?? this.admission?.decodeTrain(train);
    if (tuple === undefined) {
      for (const row of train.segments()) this.#datagram(row, from);
      return;
    }
    this.counters.in += train.count;
    this.#give(tuple, from, this.#peers.countReceived(from, this.#clock.now(), train.size, train.count));
  }

  #datagram(bytes: Uint8Array, from: string): void {
    this.counters.in++;
    const peer = this.#peers.countReceived(from, this.#clock.now(), bytes.length);
    const known = this.admission?.decodeCached(bytes);
    if (known !== undefined) return this.#give(known, from, peer);
    const decoded = decodeDatagram(bytes);
    if (decoded.ok) {
      if (!this.#isOfPaths(bytes, decoded.tuples, from)) this.#tuples(bytes, decoded.tuples, from, peer);
      return;
    }
    if (decoded.reason !== "fragment") return this.counters.drop(`datagram: ${decoded.reason}`);
    const whole = this.#reassembly.assemble(bytes, from, this.#clock.now());
    if (typeof whole === "string") this.counters.drop(`datagram: ${whole}`);
    else if (whole !== undefined) this.#message(whole, from, peer);
  }

  /** What is said of paths is said by a datagram of its own: by its size, and so that none is answered by several. */
  #isOfPaths(bytes: Uint8Array, tuples: readonly EncodedTuple[], from: string): boolean {
    const [only] = tuples;
    if (only === undefined || tuples.length > 1) return false;
    return this.#paths.receive(only.hash, bytes, only.start, only.end, from);
  }

  /** A datagram put together of pieces; pieces of pieces there are none. */
  #message(bytes: Uint8Array, from: string, peer: PeerTraffic): void {
    const decoded = decodeDatagram(bytes);
    if (decoded.ok) this.#tuples(bytes, decoded.tuples, from, peer);
    else this.counters.drop(`datagram: ${decoded.reason}`);
  }

  #tuples(bytes: Uint8Array, tuples: readonly EncodedTuple[], from: string, peer: PeerTraffic): void {
    for (const { hash, start, end } of tuples) {
      const tuple = this.admission?.decode(hash, bytes, start, end);
      if (tuple === undefined) continue;
      if (tuples.length === 1) this.admission?.cache(bytes, tuple);
      this.#give(tuple, from, peer);
    }
  }

  #give(tuple: Tuple, from: string, peer: PeerTraffic): void {
    peer.receivedTuples++;
    this.counters.out++;
    this.#out({ tuple, provenance: "network", source: from });
  }
}
