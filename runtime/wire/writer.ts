import { ID_BYTES } from "../plan/ring.ts";
import { Train } from "../plan/train.ts";

const FIRST_CAPACITY = 2048;
const NOTHING: Uint8Array = new Uint8Array(0);

/** A length below 128 takes one byte, and a unit of a string at most three. */
const ONE_BYTE_LENGTH = 128;
const SHORT_TEXT: number = Math.floor((ONE_BYTE_LENGTH - 1) / 3);

/** One number at a time is laid out here: an id right-aligned in 24 bytes, a float in the first 8. */
const scratch: DataView = new DataView(new ArrayBuffer(24));
const scratchBytes: Uint8Array = new Uint8Array(scratch.buffer);
const ID_START: number = scratchBytes.length - ID_BYTES;

/** Bytes that grow at their end. Made once and reused: what it holds is copied out. */
export class Writer {
  #bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_CAPACITY);
  #length = 0;
  #row = 0;
  #train: Train | undefined;
  #trainEnd = 0;
  #hasSeveralTrains = false;

  get length(): number {
    return this.#length;
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

  /** From now on this row of a train is written in its place, and `train` and `trainEnd` speak of what is written. */
  takeRow(row: number): void {
    this.#row = row;
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

  /** Where the row ends that was written of the train. */
  get trainEnd(): number {
    return this.#trainEnd;
  }

  /** Bytes with their length in front; of a train the row that was asked for, or its last. */
  blob(bytes: Uint8Array): void {
    const row = bytes instanceof Train ? bytes.row(Math.min(this.#row, bytes.count - 1)) : bytes;
    this.varint(row.length);
    this.raw(row);
    if (!(bytes instanceof Train)) return;
    this.#hasSeveralTrains ||= this.#train !== undefined;
    this.#train = bytes;
    this.#trainEnd = this.#length;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Begins something that its length precedes. `closeLength` ends it. */
  openLength(): number {
    this.byte(0);
    return this.#length;
  }

  /** Writes the length of all since `start`, which `openLength` gave; moves it when the length takes more than a byte. */
  closeLength(start: number): void {
    const size = this.#length - start;
    if (size < ONE_BYTE_LENGTH) {
      this.#bytes[start - 1] = size;
      return;
    }
    const extra = varintBytes(size) - 1;
    this.#reserve(extra);
    this.#bytes.copyWithin(start + extra, start, this.#length);
    if (this.#trainEnd > start) this.#trainEnd += extra;
    this.#length = start - 1;
    this.varint(size);
    this.#length += size;
  }

  /** Takes back what was written after `length`. */
  truncate(length: number): void {
    this.#length = length;
  }

  /** Takes out what is between `start` and `end`. */
  remove(start: number, end: number): void {
    this.#bytes.copyWithin(start, end, this.#length);
    this.#length -= end - start;
    if (this.#trainEnd >= end) this.#trainEnd -= end - start;
  }

  /** A copy of a part, which stays as it is whatever is written next. */
  copy(start: number, end: number): Uint8Array {
    if (start === end) return NOTHING;
    return new Uint8Array(this.#bytes.subarray(start, end));
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

function varintBytes(number: number): number {
  let count = 1;
  for (let left = number; left >= 128; left = Math.floor(left / 128)) count++;
  return count;
}
