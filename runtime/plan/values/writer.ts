/**
 * Buffer for encoding: `encode.ts` appends to it and DatagramBuilder cuts datagrams out of it.
 *
 * For a packet train the writer can leave a gap. The segment then counts in all lengths but is not copied into the buffer; the sender
 * puts each segment between the bytes before and after the gap. So positions exist in two forms: `length` counts the gap, and offsets
 * in the buffer do not.
 */
import { ID_BYTES } from "./ring.ts";
import { isTrain, type Train } from "./train.ts";

const FIRST_CAPACITY = 2048;
const NOTHING: Uint8Array = new Uint8Array(0);

/** A length below 128 takes one byte, and a UTF-16 unit of a string at most three bytes of UTF-8. */
const ONE_BYTE_LENGTH = 128;
const SHORT_TEXT: number = Math.floor((ONE_BYTE_LENGTH - 1) / 3);

/** Up to this length a loop copies faster than a call of `Buffer.copy`. */
const SHORT_COPY = 128;

const POOL_BYTES = 8192;
let pool: ArrayBuffer = new ArrayBuffer(POOL_BYTES);
let poolAt = 0;

/** Scratch memory for one number: an id right-aligned in 24 bytes, a float in the first 8. */
const scratch: DataView = new DataView(new ArrayBuffer(24));
const scratchBytes: Uint8Array = new Uint8Array(scratch.buffer);
const ID_START: number = scratchBytes.length - ID_BYTES;

/** Growing byte buffer. One writer is used for many datagrams, which are copied out of it. */
export class Writer {
  #bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_CAPACITY);
  /** Number of bytes in the buffer, without the gap. */
  #length = 0;
  /** Index of the segment that is written for a train. */
  #segment = 0;
  #leavesGap = false;
  /** Offset of the gap in the buffer. */
  #gapAt = 0;
  /** Length of the gap: the length of the segment that was left out. 0 if there is none. */
  #gap = 0;
  #train: Train | undefined;
  #hasSeveralTrains = false;

  /** Number of bytes written, including the gap. */
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

  /** Writes an integer from 0 to 2^53 with seven bits per byte, the lowest first. */
  varint(number: number): void {
    let left = number;
    for (; left >= 128; left = Math.floor(left / 128)) this.byte((left % 128) | 128);
    this.byte(left);
  }

  /** Writes a safe integer as a varint whose lowest bit is the sign. */
  integer(number: number): void {
    const sign = number < 0 ? 1 : 0;
    const magnitude = sign === 1 ? -1 - number : number;
    const low = ((magnitude % 64) << 1) | sign;
    if (magnitude < 64) return this.byte(low);
    this.byte(low | 128);
    this.varint(Math.floor(magnitude / 64));
  }

  /** Writes a float. All NaNs have the same encoding. */
  float(number: number): void {
    scratch.setFloat64(0, Number.isNaN(number) ? NaN : number);
    for (let at = 0; at < 8; at++) this.byte(scratchBytes[at] as number);
  }

  /** Writes an id: its length, then its bytes without leading zeros. */
  id(id: bigint): void {
    scratch.setBigUint64(0, id >> 128n);
    scratch.setBigUint64(8, id >> 64n);
    scratch.setBigUint64(16, id);
    let start = ID_START;
    while (start < scratchBytes.length && scratchBytes[start] === 0) start++;
    this.byte(scratchBytes.length - start);
    for (let at = start; at < scratchBytes.length; at++) this.byte(scratchBytes[at] as number);
  }

  /** Writes a string: its length in bytes, then its UTF-8. */
  text(text: string): void {
    if (text.length > SHORT_TEXT) return this.#longText(text);
    this.#reserve(ONE_BYTE_LENGTH);
    const start = this.#length + 1;
    const size = this.#bytes.write(text, start, "utf8");
    this.#bytes[this.#length] = size;
    this.#length = start + size;
  }

  /**
   * Selects the segment that `blob` writes for a train, and forgets the train seen so far. With `leavesGap`, the segment of the first
   * train is left out but counts in all lengths; `headAndTail` returns the bytes before and after it.
   */
  selectSegment(segment: number, leavesGap: boolean): void {
    this.#segment = segment;
    this.#leavesGap = leavesGap;
    this.#train = undefined;
    this.#hasSeveralTrains = false;
  }

  /** The last train of which a segment was written since `selectSegment`, if any. */
  get train(): Train | undefined {
    return this.#train;
  }

  get hasSeveralTrains(): boolean {
    return this.#hasSeveralTrains;
  }

  /** Returns copies of the bytes before and after the gap. */
  headAndTail(): readonly [head: Uint8Array, tail: Uint8Array] {
    return [this.copy(0, this.#gapAt), this.copy(this.#gapAt, this.#length)];
  }

  /**
   * Writes the length of a byte string, then the bytes. Of a train it writes the selected segment, or the last segment if the train has
   * fewer.
   */
  blob(bytes: Uint8Array): void {
    if (isTrain(bytes)) return this.#writeSegment(bytes);
    this.varint(bytes.length);
    this.raw(bytes);
  }

  #writeSegment(train: Train): void {
    const segment = Math.min(this.#segment, train.count - 1);
    const length = segment === train.count - 1 ? train.lastLength : train.length;
    this.varint(length);
    if (this.#train !== undefined) this.#hasSeveralTrains = true;
    if (!this.#leavesGap || this.#train !== undefined) this.raw(train.segment(segment));
    else [this.#gapAt, this.#gap] = [this.#length, length];
    this.#train = train;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** Begins a part that is preceded by its length. Returns its start, for `closeLength`. */
  openLength(): number {
    this.byte(0);
    return this.length;
  }

  /** Writes the length of everything since `start`, which `openLength` returned. Moves the bytes if the length takes more than one byte. */
  closeLength(start: number): void {
    const size = this.length - start;
    const at = this.#offsetOf(start);
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

  /** Removes everything after `length`, which must not lie inside the gap. */
  truncate(length: number): void {
    const offset = this.#offsetOf(length);
    if (this.#gapAt >= offset) this.#gap = 0;
    this.#length = offset;
  }

  /** Removes the bytes between `start` and `end`, which both must lie before the gap. */
  remove(start: number, end: number): void {
    this.#move(end, start);
  }

  /** Copies the bytes between two offsets of the buffer, without the gap. */
  copy(start: number, end: number): Uint8Array {
    if (start === end) return NOTHING;
    const copy = allocate(end - start);
    if (copy.length > SHORT_COPY) this.#bytes.copy(copy, 0, start, end);
    else for (let at = 0; at < copy.length; at++) copy[at] = this.#bytes[start + at] as number;
    return copy;
  }

  /** Converts a position that counts the gap to an offset in the buffer. */
  #offsetOf(length: number): number {
    return this.#gap > 0 && length > this.#gapAt ? length - this.#gap : length;
  }

  /** Moves the rest of the buffer from offset `from` to offset `to`. */
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

/** Allocates bytes. Small ones are parts of a pool, because a separate allocation costs more than the copy. */
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
