import { ID_BYTES } from "../plan/values/ring.ts";
import { isTrain, type Train } from "../plan/values/train.ts";

const FIRST_CAPACITY = 2048;
const NOTHING: Uint8Array = new Uint8Array(0);

/** A length below 128 takes one byte, and a unit of a string at most three. */
const ONE_BYTE_LENGTH = 128;
const SHORT_TEXT: number = Math.floor((ONE_BYTE_LENGTH - 1) / 3);

/** Calling somebody to copy so few bytes takes longer than copying them. */
const SHORT_COPY = 128;

const POOL_BYTES = 8192;
let pool: ArrayBuffer = new ArrayBuffer(POOL_BYTES);
let poolAt = 0;

/** One number at a time is laid out here: an id right-aligned in 24 bytes, a float in the first 8. */
const scratch: DataView = new DataView(new ArrayBuffer(24));
const scratchBytes: Uint8Array = new Uint8Array(scratch.buffer);
const ID_START: number = scratchBytes.length - ID_BYTES;

/** Bytes that grow at their end. Made once and reused: what it holds is copied out. */
export class Writer {
  #bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_CAPACITY);
  /** Without the gap. */
  #length = 0;
  #row = 0;
  #leavesGap = false;
  /** Where a row of a train was left out, and how long it is. */
  #gapAt = 0;
  #gap = 0;
  #train: Train | undefined;
  #hasSeveralTrains = false;

  /** With what was left out. */
  get length(): number {
    return this.#length + this.#gap;
  }

  byte(byte: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = byte;
  }

  u16(number: number): void {
    this.byte(number >>> 8);
    this.byte(number & 0xff);
  }

  u32(number: number): void {
    this.u16(number >>> 16);
    this.u16(number & 0xffff);
  }

  /** A whole number from 0 to 2^53: seven bits a byte, the low ones first. */
  varint(number: number): void {
    let left = number;
    for (; left >= 128; left = Math.floor(left / 128)) this.byte((left % 128) | 128);
    this.byte(left);
  }

  /** A safe integer: as a varint of which the lowest bit is the sign. */
  integer(number: number): void {
    const sign = number < 0 ? 1 : 0;
    const magnitude = sign === 1 ? -1 - number : number;
    const low = ((magnitude % 64) << 1) | sign;
    if (magnitude < 64) return this.byte(low);
    this.byte(low | 128);
    this.varint(Math.floor(magnitude / 64));
  }

  /** NaN is one value, whatever its bits. */
  float(number: number): void {
    scratch.setFloat64(0, Number.isNaN(number) ? NaN : number);
    for (let at = 0; at < 8; at++) this.byte(scratchBytes[at] as number);
  }

  /** Its length and then its bytes, without leading zeros. */
  id(id: bigint): void {
    scratch.setBigUint64(0, id >> 128n);
    scratch.setBigUint64(8, id >> 64n);
    scratch.setBigUint64(16, id);
    let start = ID_START;
    while (start < scratchBytes.length && scratchBytes[start] === 0) start++;
    this.byte(scratchBytes.length - start);
    for (let at = start; at < scratchBytes.length; at++) this.byte(scratchBytes[at] as number);
  }

  /** Its length and then its UTF-8. */
  text(text: string): void {
    if (text.length > SHORT_TEXT) return this.#longText(text);
    this.#reserve(ONE_BYTE_LENGTH);
    const start = this.#length + 1;
    const size = this.#bytes.write(text, start, "utf8");
    this.#bytes[this.#length] = size;
    this.#length = start + size;
  }

  /**
   * From now on this row of a train is written in its place, and `train` speaks of what is written. With `leavesGap` the row
   * counts as written, but is left out: `around` gives what stands before and after it.
   */
  selectSegment(row: number, leavesGap: boolean): void {
    this.#row = row;
    this.#leavesGap = leavesGap;
    this.#train = undefined;
    this.#hasSeveralTrains = false;
  }

  /** The train of which a row was written. */
  get train(): Train | undefined {
    return this.#train;
  }

  get hasSeveralTrains(): boolean {
    return this.#hasSeveralTrains;
  }

  /** Copies of what stands before and after the row that was left out. */
  headAndTail(): readonly [head: Uint8Array, tail: Uint8Array] {
    return [this.copy(0, this.#gapAt), this.copy(this.#gapAt, this.#length)];
  }

  /** Bytes with their length in front; of a train the row that was asked for, or its last. */
  blob(bytes: Uint8Array): void {
    if (isTrain(bytes)) return this.#trainRow(bytes);
    this.varint(bytes.length);
    this.raw(bytes);
  }

  #trainRow(train: Train): void {
    const row = Math.min(this.#row, train.count - 1);
    const length = row === train.count - 1 ? train.lastLength : train.length;
    this.varint(length);
    if (this.#train !== undefined) this.#hasSeveralTrains = true;
    if (!this.#leavesGap || this.#train !== undefined) this.raw(train.segment(row));
    else [this.#gapAt, this.#gap] = [this.#length, length];
    this.#train = train;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Begins something that its length precedes. `closeLength` ends it. */
  openLength(): number {
    this.byte(0);
    return this.length;
  }

  /** Writes the length of all since `start`, which `openLength` gave; moves it when the length takes more than a byte. */
  closeLength(start: number): void {
    const size = this.length - start;
    const at = this.#place(start);
    if (size < ONE_BYTE_LENGTH) {
      this.#bytes[at - 1] = size;
      return;
    }
    const extra = varintBytes(size) - 1;
    this.#reserve(extra);
    this.#move(at, at + extra);
    const end = this.#length;
    this.#length = at - 1;
    this.varint(size);
    this.#length = end;
  }

  /** Takes back what was written after `length`, which is not within the gap. */
  truncate(length: number): void {
    const place = this.#place(length);
    if (this.#gapAt >= place) this.#gap = 0;
    this.#length = place;
  }

  /** Takes out what is between `start` and `end`, both before the gap. */
  remove(start: number, end: number): void {
    this.#move(end, start);
  }

  /** A copy of a part without the gap, which stays as it is whatever is written next. */
  copy(start: number, end: number): Uint8Array {
    if (start === end) return NOTHING;
    const copy = allocate(end - start);
    if (copy.length > SHORT_COPY) this.#bytes.copy(copy, 0, start, end);
    else for (let at = 0; at < copy.length; at++) copy[at] = this.#bytes[start + at] as number;
    return copy;
  }

  /** Where something is that so much was written before. */
  #place(length: number): number {
    return this.#gap > 0 && length > this.#gapAt ? length - this.#gap : length;
  }

  /** What begins at `from` begins at `to`. */
  #move(from: number, to: number): void {
    this.#bytes.copyWithin(to, from, this.#length);
    this.#length += to - from;
    if (this.#gap > 0 && this.#gapAt >= from) this.#gapAt += to - from;
  }

  #longText(text: string): void {
    const size = Buffer.byteLength(text, "utf8");
    this.varint(size);
    this.#reserve(size);
    this.#length += this.#bytes.write(text, this.#length, "utf8");
  }

  #reserve(size: number): void {
    if (this.#length + size > this.#bytes.length) this.#grow(size);
  }

  #grow(size: number): void {
    const bytes = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, this.#length + size));
    bytes.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = bytes;
  }
}

/** Memory of its own for every small copy would cost more than the copy. */
function allocate(size: number): Uint8Array {
  if (size > POOL_BYTES / 8) return new Uint8Array(size);
  if (poolAt + size > POOL_BYTES) [pool, poolAt] = [new ArrayBuffer(POOL_BYTES), 0];
  const bytes = new Uint8Array(pool, poolAt, size);
  poolAt += size;
  return bytes;
}

function varintBytes(number: number): number {
  let count = 1;
  for (let left = number; left >= 128; left = Math.floor(left / 128)) count++;
  return count;
}
