/**
 * The entry of datagrams, stage 1 of the packet path (`runtime/node/dataflow.ts`). The UDP socket (`World.datagrams`) passes it each
 * datagram. Each admitted tuple goes to Mux as the input of a step. The only state of the element is the fragments of incomplete messages.
 */
import type { StepInput } from "../engine/step-input.ts";
import type { Tuple } from "../plan/values/packet.ts";
import { isTrain, type Train } from "../plan/values/train.ts";
import { decodeDatagram, type EncodedTuple } from "../wire/decode.ts";
import { Reassembly } from "../wire/reassembly.ts";
import { combineTrainEcn, combineTupleEcn } from "../wire/tunnelled-packet.ts";
import { ecnOf, leavesPackets } from "../ip/traffic-class.ts";
import type { PathSizes } from "../path/path-sizes.ts";
import type { Clock, Datagram, World } from "../world/world.ts";
import type { PeerCounters, PeerTraffic } from "../observe/peer-counters.ts";
import type { Admission } from "../wire/admission.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { DropReason, ElementSpec } from "../plan/contract/element-spec.ts";
import type { Element } from "./element.ts";

const drops = [
  "datagram: ...",
  "not accepted",
  "unknown predicate",
  "wrong type",
  "malformed",
  "too many layers",
  "wrong sender",
  "over rate",
  "ecn: outer CE, inner Not-ECT",
] as const;

export const spec: ElementSpec = {
  name: "NetworkIn",
  manual: `
NetworkIn(datagrams)

Decodes datagrams and reassembles fragments. Admits only tuples that a loaded program expects, with the number and types of arguments that
the compiler inferred. Permission to insert rows and permission to delete them are separate. Datagrams that arrived together and differ only
in the device packet at their end become one tuple with a packet train. The ECN field of a datagram is combined with the ECN fields of the
device packets in it (RFC 6040). Path probes and their answers end here.

Ports   in: the network. out: 1 push, one tuple per push, in the order of the tuples in the datagram.
Drops   "datagram: ...": a datagram that the decoder rejects (another version, a fragment that does not fit), with the decoder's reason;
        "not accepted": a predicate that the program does not accept from the network; "unknown predicate"; "wrong type"; "malformed":
        fields that cannot be decoded; "too many layers": packets nested more than 32 deep; "wrong sender": accept admits the tuple
        from others only; "over rate": the sender exceeds the rate of accept; "ecn: outer CE, inner Not-ECT": a router marked
        the datagram with CE, but the sender of the device packet in it does not support ECN.
Reads   counters: datagrams in, admitted tuples out; reassembly: messages that wait for fragments
Built   by runtime/node/ports.ts, one per node.
See     Mux, NetworkOut, OverlayRecvUnwrap
`,
  drops,
  stateful: false,
};

export class NetworkIn implements Element {
  readonly spec: ElementSpec = spec;
  readonly counters: ElementCounters<DropReason<typeof drops>> = new ElementCounters();
  /** Admission of the running program. While undefined, no tuple is admitted. */
  admission: Admission | undefined;
  readonly #world: World;
  readonly #clock: Clock;
  readonly #peers: PeerCounters;
  readonly #paths: PathSizes;
  readonly #out: (input: StepInput) => void;
  readonly #reassembly = new Reassembly();
  /** Authenticated sender of the datagram that is handled; undefined if it is unknown. */
  #principal: string | undefined;

  constructor(world: World, peers: PeerCounters, paths: PathSizes, out: (input: StepInput) => void) {
    this.#world = world;
    this.#clock = world.clock;
    this.#peers = peers;
    this.#paths = paths;
    this.#out = out;
  }

  /** Messages of which some fragments are still missing. */
  get reassembly(): Reassembly {
    return this.#reassembly;
  }

  /** Begins to receive datagrams. To be called after `admission` has been set. */
  start(): void {
    this.#world.datagrams.onDatagram((datagram) => this.#receive(datagram));
  }

  #receive({ bytes, from, trafficClass = 0, principal }: Datagram): void {
    const ecn = ecnOf(trafficClass);
    this.#principal = principal;
    if (isTrain(bytes)) this.#train(bytes, from, ecn);
    else this.#datagram(bytes, from, ecn);
  }

  #train(train: Train, from: string, ecn: number): void {
    const isKept = leavesPackets(ecn) || combineTrainEcn(train, ecn);
    const tuple = isKept ? (this.admission?.decodeCached(train) ?? this.admission?.decodeTrain(train)) : undefined;
    if (tuple === undefined) {
      for (const segment of train.segments()) this.#datagram(segment, from, ecn);
      return;
    }
    this.counters.in += train.count;
    this.#give(tuple, from, this.#peers.countReceived(from, this.#clock.now(), train.size, train.count));
  }

  #datagram(bytes: Uint8Array, from: string, ecn: number): void {
    this.counters.in++;
    const peer = this.#peers.countReceived(from, this.#clock.now(), bytes.length);
    const cached = leavesPackets(ecn) ? this.admission?.decodeCached(bytes) : undefined;
    if (cached !== undefined) return this.#give(cached, from, peer);
    const decoded = decodeDatagram(bytes);
    if (decoded.ok) {
      if (!this.#isPathMessage(bytes, decoded.tuples, from)) this.#tuples(bytes, decoded.tuples, from, peer, ecn);
      return;
    }
    if (decoded.reason !== "fragment") return this.counters.drop(`datagram: ${decoded.reason}`);
    // Another sender may use the same address.
    const sender = this.#principal ?? from;
    const message = this.#reassembly.assemble(bytes, sender, this.#clock.now(), ecn);
    if (typeof message === "string") this.counters.drop(`datagram: ${message}`);
    else if (message !== undefined) this.#message(message, from, peer, this.#reassembly.ecn);
  }

  /**
   * Handles a datagram that is a path probe or the answer to a probe. Returns false for any other datagram. A probe is the only tuple of
   * its datagram, because it tests whether a datagram of this size arrives.
   */
  #isPathMessage(bytes: Uint8Array, tuples: readonly EncodedTuple[], from: string): boolean {
    const [only] = tuples;
    if (only === undefined || tuples.length > 1) return false;
    return this.#paths.receive(only.hash, bytes, only.start, only.end, from);
  }

  /** Takes a message reassembled from fragments. Drops the message if it is itself a fragment. */
  #message(bytes: Uint8Array, from: string, peer: PeerTraffic, ecn: number): void {
    const decoded = decodeDatagram(bytes);
    if (decoded.ok) this.#tuples(bytes, decoded.tuples, from, peer, ecn);
    else this.counters.drop(`datagram: ${decoded.reason}`);
  }

  #tuples(bytes: Uint8Array, tuples: readonly EncodedTuple[], from: string, peer: PeerTraffic, ecn: number): void {
    for (const encoded of tuples) {
      const tuple = this.#open(bytes, encoded, tuples.length === 1, ecn);
      if (tuple === undefined) continue;
      if (typeof tuple === "string") {
        this.counters.drop(tuple);
        continue;
      }
      this.#give(tuple, from, peer);
    }
  }

  /**
   * Combines the ECN field of the datagram with the ECN fields of the packets in the tuple, then decodes the tuple. Returns the reason if
   * the tuple must be dropped, and undefined without an admission.
   */
  #open(
    bytes: Uint8Array,
    encoded: EncodedTuple,
    isOnly: boolean,
    ecn: number,
  ): Tuple | DropReason<typeof drops> | undefined {
    if (!leavesPackets(ecn)) {
      if (!combineTupleEcn(bytes, encoded, ecn)) return "ecn: outer CE, inner Not-ECT";
      const cached = isOnly ? this.admission?.decodeCached(bytes) : undefined;
      if (cached !== undefined) return cached;
    }
    const tuple = this.admission?.decode(encoded.hash, bytes, encoded.start, encoded.end);
    if (isOnly && typeof tuple === "object") this.admission?.cache(bytes, tuple);
    return tuple;
  }

  #give(tuple: Tuple, from: string, peer: PeerTraffic): void {
    const principal = this.#principal;
    const refusal = this.admission?.refusal(tuple, { principal, source: from });
    if (refusal !== undefined) return this.counters.drop(refusal);
    peer.receivedTuples++;
    this.counters.out++;
    this.#out({ tuple, provenance: "network", source: from, principal });
  }
}
