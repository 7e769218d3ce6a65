import type { Tuple } from "../plan/values/packet.ts";
import type { Train } from "../plan/values/train.ts";
import { type DatagramTrain, datagramsOf } from "./datagram-train.ts";
import { encodeTuple, type EncodeRefusal } from "./encode.ts";
import { splitMessage } from "./fragment.ts";
import { HEADER_BYTES, MAGIC_FIRST, MAGIC_SECOND, VERSION } from "./header.ts";
import { Writer } from "./writer.ts";

export type BuildRefusal = EncodeRefusal | "several trains" | "too long";

/** What leaves: a datagram, or many that are nearly alike. */
export type BuiltDatagram = Uint8Array | DatagramTrain;

/**
 * Packs tuples for one place, in order, into as few datagrams as they fit; a tuple that no datagram holds is split, and one
 * with a train in it stands for as many tuples as the train has rows, each in a datagram of its own. Reused for the next
 * place after `take`.
 */
export class DatagramBuilder {
  /** The longest datagram; at least 64 bytes. Another one when the builder is empty. */
  maxPayload: number;
  /** How many bytes the tuple had too many that was "too long". */
  excess = 0;
  readonly #writer = new Writer();
  #done: BuiltDatagram[] = [];

  constructor(maxPayload: number) {
    this.maxPayload = maxPayload;
    this.#begin();
  }

  /**
   * When the tuple is refused, everything is as if it had not been added. One that no datagram holds is "too long" where it
   * is not to be cut.
   */
  add(tuple: Tuple, mayCut: boolean = true): BuildRefusal | undefined {
    const before = this.#writer.length;
    const refused = this.#encode(tuple, 0, true);
    if (refused !== undefined) return refused;
    if (this.#writer.train !== undefined) return this.#addTrain(tuple, this.#writer.train, before, mayCut);
    return this.#place(before, mayCut);
  }

  /** The datagrams, each the caller's own; the builder is then empty. */
  take(): readonly Uint8Array[] {
    return this.takeTrains().flatMap((built) => (built instanceof Uint8Array ? built : datagramsOf(built)));
  }

  /** The same, with the datagrams of a train left together and its rows where they are. */
  takeTrains(): readonly BuiltDatagram[] {
    this.#close(this.#writer.length);
    this.#begin();
    const done = this.#done;
    this.#done = [];
    return done;
  }

  #encode(tuple: Tuple, row: number, leavesGap: boolean): BuildRefusal | undefined {
    const { wire } = tuple.predicate;
    const before = this.#writer.length;
    this.#writer.selectSegment(row, leavesGap);
    const refused = encodeTuple(this.#writer, tuple.isDelete ? wire.remove : wire.tuple, tuple.args);
    if (refused !== undefined || !this.#writer.hasSeveralTrains) return refused;
    this.#writer.truncate(before);
    return "several trains";
  }

  #place(before: number, mayCut: boolean): BuildRefusal | undefined {
    if (this.#writer.length <= this.maxPayload) return undefined;
    const excess = HEADER_BYTES + this.#writer.length - before - this.maxPayload;
    if (excess <= 0) return this.#moveOn(before);
    return mayCut ? this.#split(before) : this.#refuse(before, excess);
  }

  #refuse(before: number, excess: number): BuildRefusal {
    this.#writer.truncate(before);
    this.excess = excess;
    return "too long";
  }

  /** It has been written after `before`, with a gap for the rows. */
  #addTrain(tuple: Tuple, train: Train, before: number, mayCut: boolean): BuildRefusal | undefined {
    const excess = HEADER_BYTES + this.#writer.length - before - this.maxPayload;
    if (excess > 0 && !mayCut) return this.#refuse(before, excess);
    this.#close(before);
    this.#writer.remove(HEADER_BYTES, before);
    if (excess > 0) return this.#addRows(tuple, train);
    const [head, tail] = this.#writer.headAndTail();
    this.#begin();
    const [lastHead, lastTail] = train.lastLength === train.length ? [head, tail] : this.#aroundLast(tuple, train);
    this.#done.push({ train, head, tail, lastHead, lastTail });
    return undefined;
  }

  /** Shorter lengths may take fewer bytes. */
  #aroundLast(tuple: Tuple, train: Train): readonly [head: Uint8Array, tail: Uint8Array] {
    this.#encode(tuple, train.count - 1, true);
    const around = this.#writer.headAndTail();
    this.#begin();
    return around;
  }

  /** Too long for one datagram each: they travel in pieces. */
  #addRows(tuple: Tuple, { count }: Train): BuildRefusal | undefined {
    this.#begin();
    let refused: BuildRefusal | undefined;
    for (let row = 0; row < count && refused === undefined; row++) {
      const before = this.#writer.length;
      refused = this.#encode(tuple, row, false) ?? this.#place(before, true);
    }
    return refused;
  }

  /** What was there before the last tuple is one datagram; the last tuple begins the next. */
  #moveOn(before: number): undefined {
    this.#close(before);
    this.#writer.remove(HEADER_BYTES, before);
  }

  #split(before: number): EncodeRefusal | undefined {
    const pieces = splitMessage(this.#writer.copy(before, this.#writer.length), this.maxPayload);
    this.#writer.truncate(before);
    if (pieces === undefined) return "too large";
    this.#close(before);
    this.#begin();
    this.#done.push(...pieces);
    return undefined;
  }

  #close(end: number): void {
    if (end > HEADER_BYTES) this.#done.push(this.#writer.copy(0, end));
  }

  #begin(): void {
    this.#writer.truncate(0);
    this.#writer.byte(MAGIC_FIRST);
    this.#writer.byte(MAGIC_SECOND);
    this.#writer.byte(VERSION);
    this.#writer.byte(0);
  }
}
