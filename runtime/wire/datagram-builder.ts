import type { Tuple } from "../plan/packet.ts";
import { encodeTuple, type EncodeRefusal } from "./encode.ts";
import { splitMessage } from "./fragment.ts";
import { HEADER_BYTES, MAGIC_FIRST, MAGIC_SECOND, VERSION } from "./header.ts";
import { Writer } from "./writer.ts";

/**
 * Packs tuples for one place, in order, into as few datagrams as they fit; a tuple that no datagram holds is split.
 * `maxPayload` is at least 64 bytes. Reused for the next place after `take`.
 */
export class DatagramBuilder {
  readonly #maxPayload: number;
  readonly #writer = new Writer();
  #done: Uint8Array[] = [];

  constructor(maxPayload: number) {
    this.#maxPayload = maxPayload;
    this.#begin();
  }

  /** When the tuple is refused, everything is as if it had not been added. */
  add(tuple: Tuple): EncodeRefusal | undefined {
    const { wire } = tuple.predicate;
    const before = this.#writer.length;
    const refused = encodeTuple(this.#writer, tuple.isDelete ? wire.remove : wire.tuple, tuple.args);
    if (refused !== undefined || this.#writer.length <= this.#maxPayload) return refused;
    return HEADER_BYTES + this.#writer.length - before > this.#maxPayload ? this.#split(before) : this.#moveOn(before);
  }

  /** The datagrams, each the caller's own; the builder is then empty. */
  take(): readonly Uint8Array[] {
    this.#close(this.#writer.length);
    this.#begin();
    const done = this.#done;
    this.#done = [];
    return done;
  }

  /** What was there before the last tuple is one datagram; the last tuple begins the next. */
  #moveOn(before: number): undefined {
    this.#close(before);
    this.#writer.remove(HEADER_BYTES, before);
  }

  #split(before: number): EncodeRefusal | undefined {
    const pieces = splitMessage(this.#writer.copy(before, this.#writer.length), this.#maxPayload);
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
