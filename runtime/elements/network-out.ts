/**
 * The exit of datagrams, stage 8 of the packet path (`runtime/node/dataflow.ts`). LocSpecDemux and ViewChannel push tuples; when the step
 * commits, the element encodes them and passes them to `World.datagrams`, each train by one call.
 */
import { appended } from "../plan/values/appended.ts";
import { type Origin, originIn } from "../plan/values/device-origin.ts";
import { DistinctTuples } from "../plan/values/distinct-tuples.ts";
import type { Tuple } from "../plan/values/packet.ts";
import { isTrain } from "../plan/values/train.ts";
import { packetCountOf, segmentsAt } from "../plan/values/train-segments.ts";
import { MIN_PATH_PAYLOAD } from "../path/path-candidates.ts";
import type { DeviceMtus } from "../path/device-mtu.ts";
import type { Liveness } from "../path/liveness.ts";
import type { PathSizes } from "../path/path-sizes.ts";
import { isTcpSyn, clampMss } from "../path/mss-clamp.ts";
import type { TooBig } from "../path/too-big.ts";
import { type BuildRefusal, DatagramBuilder } from "../wire/datagram-builder.ts";
import { type DatagramTrain, datagramsOf, totalBytes } from "../wire/datagram-train.ts";
import { trafficClassOf } from "../wire/tunnelled-packet.ts";
import { innerPacket, withInnerPacket, encapsulationBytes } from "../wire/inner-packet.ts";
import type { Datagrams } from "../world/world.ts";
import { ElementCounters } from "../observe/element-counters.ts";
import type { PeerCounters, PeerTraffic } from "../observe/peer-counters.ts";
import type { DropReason, ElementSpec } from "../plan/contract/element-spec.ts";
import type { Element } from "./element.ts";

const drops = ["hop limit", "too large", "too deep", "several trains", "packet too big"] as const;

export const spec: ElementSpec = {
  name: "NetworkOut",
  manual: `
NetworkOut(datagrams)

Encodes and sends the tuples of a step when the step commits. The tuples for one location share as few datagrams as possible, but two tuples
of one predicate that hold bytes or packets never share a datagram, so that the loss of a datagram loses only one of them. Equal tuples for
one location are sent once. No datagram is longer than the path carries. If a tuple is too long, holds a device packet or bytes that rules
made from one, and the sender of the packet forbids fragmentation, the tuple is dropped and the sender gets an ICMP error, at most ten a
second per pair of hosts. A long tuple that causes no ICMP error is split into fragments. The maximum segment size of a new TCP connection
is lowered to a value that fits the path, and the MTU of the device to the longest packet that fits a datagram. A datagram has the ECN field
of the device packet in it (RFC 6040). Packets with different traffic classes share neither a datagram nor a train.

Ports   in: 1 push. out: the network.
Drops   "hop limit": a packet that too many nodes have forwarded; "too large": a tuple longer than a message of fragments may be;
        "too deep": lists nested too deeply; "several trains": two packet trains in one tuple; "packet too big": a device packet that fits
        no datagram of the path, and whose sender got an ICMP error.
Reads   counters: tuples in, datagrams out
Built   by runtime/node/ports.ts, one per node.
See     LocSpecDemux, NetworkIn
`,
  drops,
  // Path sizes are state, but no cached run depends on them: the flow cache accepts only datagrams that every path carries.
  stateful: false,
};

export interface NetworkOutOptions {
  readonly datagrams: Datagrams;
  readonly peers: PeerCounters;
  readonly paths: PathSizes;
  readonly tooBig: TooBig;
  readonly deviceMtus: DeviceMtus;
  readonly liveness: Liveness;
}

/** Packet in a tuple, or from which rules made bytes in a tuple. `device` is undefined if the packet came from another node. */
type Source = Omit<Origin, "device"> & { readonly device: string | undefined };

type AddRefusal = Exclude<BuildRefusal, "too long"> | "packet too big";

export class NetworkOut implements Element {
  readonly spec: ElementSpec = spec;
  readonly counters: ElementCounters<DropReason<typeof drops>> = new ElementCounters();
  readonly #datagrams: Datagrams;
  readonly #peers: PeerCounters;
  readonly #paths: PathSizes;
  readonly #tooBig: TooBig;
  readonly #deviceMtus: DeviceMtus;
  readonly #liveness: Liveness;
  readonly #builder: DatagramBuilder;
  /** First location to which the step sends, and the tuples for it. Most steps send to no other location. */
  #to: string | undefined;
  #tuples: Tuple[] = [];
  #others: Map<string, Tuple[]> | undefined;

  constructor({ datagrams, peers, paths, tooBig, deviceMtus, liveness }: NetworkOutOptions) {
    this.#datagrams = datagrams;
    this.#peers = peers;
    this.#paths = paths;
    this.#tooBig = tooBig;
    this.#deviceMtus = deviceMtus;
    this.#liveness = liveness;
    this.#builder = new DatagramBuilder(datagrams.maxPayload);
  }

  /** Takes a tuple for the address `to`, `host:port`. */
  push(to: string, tuple: Tuple): void {
    this.counters.in++;
    if (this.#to !== undefined && this.#to !== to) return this.#pushOther(to, tuple);
    this.#to = to;
    this.#tuples = appended(this.#tuples, tuple);
  }

  #pushOther(to: string, tuple: Tuple): void {
    this.#others ??= new Map();
    const tuples = this.#others.get(to);
    if (tuples === undefined) this.#others.set(to, [tuple]);
    else tuples.push(tuple);
  }

  /** Sends the tuples that were pushed. Besides the dataflow, ViewChannel calls `commit`, to send messages outside the commit of a step. */
  commit(): void {
    const to = this.#to;
    if (to === undefined) return;
    const tuples = this.#tuples;
    const others = this.#others;
    this.abort();
    this.#send(to, withoutRepeats(tuples));
    if (others !== undefined) for (const [other, its] of others) this.#send(other, withoutRepeats(its));
  }

  abort(): void {
    this.#to = undefined;
    this.#tuples = [];
    this.#others = undefined;
  }

  #send(to: string, tuples: readonly Tuple[]): void {
    const peer = this.#peers.peer(to);
    this.#builder.maxPayload = this.#paths.payload(to);
    for (const tuple of tuples) this.#addOrDrop(tuple, peer);
    let long = 0;
    for (const { content, trafficClass } of this.#builder.takeTrains()) {
      const isSingle = content instanceof Uint8Array;
      if ((isSingle ? content.length : lengthOf(content)) > MIN_PATH_PAYLOAD)
        long += isSingle ? 1 : content.train.count;
      if (isSingle) this.#datagram(to, content, trafficClass, peer);
      else this.#train(to, content, trafficClass, peer);
    }
    if (long > 0) this.#paths.countSent(to, long);
    this.#liveness.sent(peer);
  }

  /** Adds a tuple. If it holds a train whose packets have different traffic classes, adds one tuple per packet instead. */
  #addOrDrop(tuple: Tuple, peer: PeerTraffic): void {
    const trafficClass = trafficClassOf(tuple);
    if (trafficClass === undefined) {
      for (const single of singlesOf(tuple)) this.#addOrDrop(single, peer);
      return;
    }
    const refusal = this.#add(tuple, trafficClass, peer.address);
    if (refusal === undefined) peer.sentTuples++;
    else this.counters.drop(refusal);
  }

  #add(tuple: Tuple, trafficClass: number, to: string): AddRefusal | undefined {
    const packet = innerPacket(tuple);
    const origin = originIn(tuple.args);
    const refusal =
      packet === undefined || packet.length === 0
        ? this.#addMade(tuple, trafficClass, origin)
        : this.#addPacket(tuple, trafficClass, { packet, length: packet.length, device: origin?.device });
    if (origin !== undefined) this.#noteSize(to, tuple, origin, packet !== undefined);
    return refusal;
  }

  #addPacket(tuple: Tuple, trafficClass: number, source: Source): AddRefusal | undefined {
    const { packet } = source;
    if (isTcpSyn(packet) && !isTrain(packet)) return this.#builder.add(this.#opening(tuple, packet), trafficClass);
    return this.#addOrReport(tuple, trafficClass, source);
  }

  /** Adds a tuple that holds no device packet. `origin` is the device packet from which rules made bytes in the tuple, if any. */
  #addMade(tuple: Tuple, trafficClass: number, origin: Origin | undefined): AddRefusal | undefined {
    return origin === undefined
      ? this.#builder.add(tuple, trafficClass)
      : this.#addOrReport(tuple, trafficClass, origin);
  }

  #noteSize(to: string, tuple: Tuple, { length, device }: Origin, isBare: boolean): void {
    const limit = this.#datagrams.maxPayload;
    const mtu = this.#deviceMtus.of(device);
    if (mtu?.isLongest(to, this.#builder.latest - length, limit) !== true) return;
    mtu.note(
      to,
      { packet: length, datagram: this.#builder.latest, limit },
      isBare ? encapsulationBytes(tuple, limit) : undefined,
    );
  }

  #addOrReport(tuple: Tuple, trafficClass: number, { packet, length, device }: Source): AddRefusal | undefined {
    const refusal = this.#builder.add(tuple, trafficClass, false);
    if (refusal !== "too long") return refusal;
    const isReported = this.#tooBig.notify(packet, length - this.#builder.excess, length, device);
    return isReported ? "packet too big" : this.#builder.add(tuple, trafficClass);
  }

  /** Returns the tuple of a TCP SYN with the maximum segment size (MSS) lowered, if necessary, to what a datagram on this path carries. */
  #opening(tuple: Tuple, packet: Uint8Array): Tuple {
    const { maxPayload } = this.#builder;
    const fitting = clampMss(packet, maxPayload - encapsulationBytes(tuple, maxPayload));
    return fitting === packet ? tuple : withInnerPacket(tuple, fitting);
  }

  #datagram(to: string, bytes: Uint8Array, trafficClass: number, peer: PeerTraffic): void {
    this.#count(peer, 1, bytes.length);
    this.#datagrams.send(to, bytes, trafficClass);
  }

  #train(to: string, train: DatagramTrain, trafficClass: number, peer: PeerTraffic): void {
    if (this.#datagrams.sendTrain === undefined) {
      for (const bytes of datagramsOf(train)) this.#datagram(to, bytes, trafficClass, peer);
      return;
    }
    this.#count(peer, train.train.count, totalBytes(train));
    this.#datagrams.sendTrain(to, train, trafficClass);
  }

  #count(peer: PeerTraffic, datagrams: number, bytes: number): void {
    this.counters.out += datagrams;
    peer.sent += datagrams;
    peer.unanswered += datagrams;
    peer.sentBytes += bytes;
  }
}

/** Length of one datagram of a train. */
function lengthOf({ train, head, tail }: DatagramTrain): number {
  return head.length + train.length + tail.length;
}

/** Returns a tuple for each segment of a train. */
function singlesOf(tuple: Tuple): readonly Tuple[] {
  return Array.from({ length: packetCountOf(tuple.args) }, (_, at) => ({ ...tuple, args: segmentsAt(tuple.args, at) }));
}

function withoutRepeats(tuples: readonly Tuple[]): readonly Tuple[] {
  if (tuples.length === 1) return tuples;
  const distinct = new DistinctTuples();
  return tuples.filter((tuple) => distinct.add(tuple));
}
