/**
 * Builder of datagrams: last step of NetworkOut, which hands its result to the sockets of the world.
 *
 * `add` appends the encoded tuple to the datagram. If the datagram becomes too long, the tuple starts the next datagram. If the tuple is
 * too long even for an empty datagram, the tuple is split into fragments. A tuple with a packet train is encoded once, with a gap in place
 * of the train: the bytes before and after the gap are the same in every datagram except perhaps the last one.
 */
import { appended } from "../plan/values/appended.ts";
import { Packet, type Tuple } from "../plan/values/packet.ts";
import type { Train } from "../plan/values/train.ts";
import { type DatagramTrain, datagramsOf } from "./datagram-train.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import type { Value } from "../plan/values/value.ts";
import { encodeTuple, encodeTupleOfPacket, type EncodeRefusal } from "../plan/values/encode.ts";
import { splitMessage } from "./fragment.ts";
import { HEADER_BYTES, MAGIC_FIRST, MAGIC_SECOND, VERSION } from "./header.ts";
import { Writer } from "../plan/values/writer.ts";

export type BuildRefusal = EncodeRefusal | "several trains" | "too long";

/** A datagram, or the datagrams of a train, which differ in the segment that they carry. */
export interface BuiltDatagram {
  readonly content: Uint8Array | DatagramTrain;
  /** The traffic class of the IP packet that carries it. */
  readonly trafficClass: number;
}

/**
 * Packs tuples for one destination, in order, into as few datagrams as possible. Two tuples of one predicate that hold bytes or packets
 * never share a datagram, so that the loss of a datagram loses only one of them. A tuple with a train stands for one tuple per segment,
 * each in a separate datagram. After `take` the builder is empty and can serve the next destination.
 */
export class DatagramBuilder {
  /** Length of the longest datagram, at least 64 bytes. May be changed only while the builder is empty. */
  maxPayload: number;
  /** Number of bytes by which the latest tuple refused as "too long" exceeded a datagram. */
  excess = 0;
  /** Length of a datagram with the latest tuple alone, or with one packet of its train. */
  latest = 0;
  readonly #writer = new Writer();
  /** Traffic class of the tuples in the writer. */
  #trafficClass = 0;
  #done: BuiltDatagram[] = [];
  /** Predicates of the tuples with bytes or packets in the open datagram. */
  #loaded: PredicateSpec[] = [];

  constructor(maxPayload: number) {
    this.maxPayload = maxPayload;
    this.#begin();
  }

  /**
   * Adds a tuple. If it is refused, the builder is unchanged. A tuple that no datagram holds is split into fragments, or refused as
   * "too long" if `maySplit` is false. Tuples of different traffic classes do not share a datagram.
   */
  add(tuple: Tuple, trafficClass?: number): Exclude<BuildRefusal, "too long"> | undefined;
  add(tuple: Tuple, trafficClass: number, maySplit: boolean): BuildRefusal | undefined;
  add(tuple: Tuple, trafficClass: number = 0, maySplit: boolean = true): BuildRefusal | undefined {
    if (trafficClass !== this.#trafficClass) this.#beginClass(trafficClass);
    const isLoad = holdsLoad(tuple);
    if (isLoad && this.#loaded.includes(tuple.predicate)) this.#closeDatagram();
    const before = this.#writer.length;
    const refused = this.#encode(tuple, 0, true);
    if (refused !== undefined) return refused;
    this.latest = HEADER_BYTES + this.#writer.length - before;
    if (this.#writer.train !== undefined) return this.#addTrain(tuple, this.#writer.train, before, maySplit);
    const misfit = this.#fit(before, maySplit);
    if (isLoad && misfit === undefined) this.#loaded = appended(this.#loaded, tuple.predicate);
    return misfit;
  }

  /** Returns the datagrams as separate copies, and empties the builder. */
  take(): readonly Uint8Array[] {
    return this.takeTrains().flatMap(({ content }) => (content instanceof Uint8Array ? content : datagramsOf(content)));
  }

  /** Like `take`, but keeps the datagrams of a train together. Their segments are not copied. */
  takeTrains(): readonly BuiltDatagram[] {
    this.#closeDatagram();
    const done = this.#done;
    this.#done = [];
    return done;
  }

  #beginClass(trafficClass: number): void {
    this.#closeDatagram();
    this.#trafficClass = trafficClass;
  }

  #push(content: BuiltDatagram["content"]): void {
    this.#done = appended(this.#done, { content, trafficClass: this.#trafficClass });
  }

  /** Appends the encoded tuple. In place of a train in the tuple it writes the given segment, or leaves a gap. */
  #encode(tuple: Tuple, segment: number, leavesGap: boolean): BuildRefusal | undefined {
    const { wire } = tuple.predicate;
    const before = this.#writer.length;
    this.#writer.selectSegment(segment, leavesGap);
    const packet = encodedPacketOf(tuple);
    const refused =
      packet?.body === undefined
        ? encodeTuple(this.#writer, tuple.isDelete ? wire.remove : wire.tuple, tuple.args)
        : encodeTupleOfPacket(this.#writer, packet.hash, packet.body);
    if (refused !== undefined || !this.#writer.hasSeveralTrains) return refused;
    this.#writer.truncate(before);
    return "several trains";
  }

  /** Leaves the tuple that begins at offset `before` in this datagram, or moves it to the next one or into fragments, so that it fits. */
  #fit(before: number, maySplit: boolean): BuildRefusal | undefined {
    if (this.#writer.length <= this.maxPayload) return undefined;
    const excess = HEADER_BYTES + this.#writer.length - before - this.maxPayload;
    if (excess <= 0) return this.#startNextDatagram(before);
    return maySplit ? this.#split(before) : this.#refuse(before, excess);
  }

  #refuse(before: number, excess: number): BuildRefusal {
    this.#writer.truncate(before);
    this.excess = excess;
    return "too long";
  }

  /** Completes a tuple with a train. The tuple begins at offset `before` and has a gap in place of the segment. */
  #addTrain(tuple: Tuple, train: Train, before: number, maySplit: boolean): BuildRefusal | undefined {
    const excess = HEADER_BYTES + this.#writer.length - before - this.maxPayload;
    if (excess > 0 && !maySplit) return this.#refuse(before, excess);
    this.#close(before);
    this.#writer.remove(HEADER_BYTES, before);
    if (excess > 0) return this.#addSegments(tuple, train);
    const [head, tail] = this.#writer.headAndTail();
    this.#begin();
    const [lastHead, lastTail] =
      train.lastLength === train.length ? [head, tail] : this.#headAndTailOfLast(tuple, train);
    this.#push({ train, head, tail, lastHead, lastTail });
    return undefined;
  }

  /** Returns the head and tail of a last segment that is shorter than the others: the length fields before it may take fewer bytes. */
  #headAndTailOfLast(tuple: Tuple, train: Train): readonly [head: Uint8Array, tail: Uint8Array] {
    this.#encode(tuple, train.count - 1, true);
    const parts = this.#writer.headAndTail();
    this.#begin();
    return parts;
  }

  /** Adds the segments one by one, and splits the segments that are too long for a datagram into fragments. */
  #addSegments(tuple: Tuple, { count }: Train): BuildRefusal | undefined {
    this.#begin();
    let refused: BuildRefusal | undefined;
    for (let segment = 0; segment < count && refused === undefined; segment++) {
      const before = this.#writer.length;
      refused = this.#encode(tuple, segment, false) ?? this.#fit(before, true);
    }
    return refused;
  }

  /** Closes the datagram before the last tuple, which becomes the first tuple of the next datagram. */
  #startNextDatagram(before: number): undefined {
    this.#close(before);
    this.#writer.remove(HEADER_BYTES, before);
  }

  #split(before: number): EncodeRefusal | undefined {
    const pieces = splitMessage(this.#writer.copy(before, this.#writer.length), this.maxPayload);
    this.#writer.truncate(before);
    if (pieces === undefined) return "too large";
    this.#close(before);
    this.#begin();
    for (const piece of pieces) this.#push(piece);
    return undefined;
  }

  #closeDatagram(): void {
    this.#close(this.#writer.length);
    this.#begin();
  }

  #close(end: number): void {
    this.#loaded = [];
    if (end > HEADER_BYTES) this.#push(this.#writer.copy(0, end));
  }

  #begin(): void {
    this.#writer.truncate(0);
    this.#writer.byte(MAGIC_FIRST);
    this.#writer.byte(MAGIC_SECOND);
    this.#writer.byte(VERSION);
    this.#writer.byte(0);
  }
}

/** Returns P if the tuple is `packet@(P)`. If P is still encoded, its bytes are sent unchanged. */
function encodedPacketOf({ predicate, args }: Tuple): Packet | undefined {
  const [packet] = args;
  return predicate.role.kind === "packet" && packet instanceof Packet ? packet : undefined;
}

/** Whether the tuple holds bytes or a packet. False for messages of ViewChannel: they hold many rows and are sent again after a loss. */
function holdsLoad({ predicate, args }: Tuple): boolean {
  const { kind } = predicate.role;
  return kind !== "rows" && kind !== "ack" && args.some(isLoad);
}

function isLoad(value: Value): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Array.isArray(value) ? value.some(isLoad) : value instanceof Uint8Array || value instanceof Packet;
}
