/**
 * Reader of encoded fields: the decoder behind `decode.ts`. Every byte may come from an attacker. Each value has exactly one accepted
 * encoding, so that equal tuples have equal bytes; any other encoding is refused.
 */
import { isUtf8 } from "node:buffer";
import { Address } from "./address.ts";
import { Packet } from "./packet.ts";
import { isNode, isOverlayName } from "./location.ts";
import { ID_BYTES } from "./ring.ts";
import type { Value } from "./value.ts";
import { DEPTH_MAX, HOPS_MAX } from "./encoding-limits.ts";
import { ADDRESS, BYTES, FALSE, FLOAT, ID, INTEGER, LIST, NULL, PACKET, STRING, TRUE } from "./tags.ts";

const ASCII_END = 128;
/** Bound of lengths and counts: a varint of four bytes, far more than any datagram holds. */
const LENGTH_END: number = 2 ** 28;

/** Byte strings shorter than 1/`VIEW_SHARE` of the datagram are copied: a small value must not keep a large datagram in memory. */
const VIEW_SHARE = 4;

const scratch: DataView = new DataView(new ArrayBuffer(24));
const scratchBytes: Uint8Array = new Uint8Array(scratch.buffer);

/**
 * Reads fields between `start` and `end`. Bytes that a sender of version 1 would not write give `undefined`, or -1 for a length. After
 * that the position is undefined, and the caller must not read on.
 */
export class Reader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#at = start;
    this.#end = end;
  }

  get at(): number {
    return this.#at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#end;
  }

  /** Reads four bytes. Returns undefined if fewer are left. */
  u32(): number | undefined {
    if (this.#end - this.#at < 4) return undefined;
    this.#at += 4;
    return this.#bytes.readUInt32BE(this.#at - 4);
  }

  /** Reads a length. Returns -1 if it is malformed, or exceeds the bytes that are left. */
  length(): number {
    const length = this.#varint(LENGTH_END);
    return length <= this.#end - this.#at ? length : -1;
  }

  skip(length: number): void {
    this.#at += length;
  }

  /** Reads a value. `depth` is the number of lists and addresses around it. */
  field(depth: number): Value | undefined {
    switch (this.#byte()) {
      case STRING:
        return this.#text();
      case INTEGER:
        return this.#integer();
      case FLOAT:
        return this.#float();
      case BYTES:
        return this.#blob();
      case PACKET:
        return this.#packet();
      case ID:
        return this.#id();
      case ADDRESS:
        return depth < DEPTH_MAX ? this.#address(depth + 1) : undefined;
      case LIST:
        return depth < DEPTH_MAX ? this.#list(depth + 1) : undefined;
      case TRUE:
        return true;
      case FALSE:
        return false;
      case NULL:
        return null;
      default:
        return undefined;
    }
  }

  /** Reads a byte. Returns -1 at the end. */
  #byte(): number {
    return this.#at < this.#end ? (this.#bytes[this.#at++] as number) : -1;
  }

  /** Reads a varint. Returns -1 if it is not below `limit`, or not encoded in as few bytes as possible. */
  #varint(limit: number): number {
    let number = 0;
    for (let scale = 1; scale < limit; scale *= 128) {
      const byte = this.#byte();
      if (byte < 0) return -1;
      number += (byte & 127) * scale;
      if (byte < 128) return (byte === 0 && scale > 1) || number >= limit ? -1 : number;
    }
    return -1;
  }

  #integer(): number | undefined {
    const low = this.#byte();
    if (low < 0) return undefined;
    const high = low < 128 ? 0 : this.#varint(2 ** 47);
    if (high < 0 || (high === 0 && low >= 128)) return undefined;
    const magnitude = high * 64 + ((low & 127) >> 1);
    const number = (low & 1) === 0 ? magnitude : -1 - magnitude;
    return Number.isSafeInteger(number) ? number : undefined;
  }

  /** Reads a float. Safe integers are refused, and so is every NaN except the canonical one. */
  #float(): number | undefined {
    if (this.#end - this.#at < 8) return undefined;
    const number = this.#bytes.readDoubleBE(this.#at);
    this.#at += 8;
    if (Number.isNaN(number)) return this.#isPlainNaN() ? number : undefined;
    return Number.isSafeInteger(number) ? undefined : number;
  }

  #isPlainNaN(): boolean {
    return this.#bytes.readUInt32BE(this.#at - 8) === 0x7ff80000 && this.#bytes.readUInt32BE(this.#at - 4) === 0;
  }

  #text(): string | undefined {
    const length = this.length();
    if (length < 0) return undefined;
    const start = this.#at;
    this.#at += length;
    if (this.#isAscii(start, this.#at)) return this.#bytes.toString("latin1", start, this.#at);
    return isUtf8(this.#bytes.subarray(start, this.#at)) ? this.#bytes.toString("utf8", start, this.#at) : undefined;
  }

  #isAscii(start: number, end: number): boolean {
    for (let at = start; at < end; at++) {
      if ((this.#bytes[at] as number) >= ASCII_END) return false;
    }
    return true;
  }

  #id(): bigint | undefined {
    const size = this.#byte();
    if (size < 0 || size > ID_BYTES || size > this.#end - this.#at) return undefined;
    if (size > 0 && this.#bytes[this.#at] === 0) return undefined;
    scratchBytes.fill(0);
    for (let at = scratchBytes.length - size; at < scratchBytes.length; at++) {
      scratchBytes[at] = this.#bytes[this.#at++] as number;
    }
    const low = (scratch.getBigUint64(8) << 64n) | scratch.getBigUint64(16);
    return size > 16 ? (scratch.getBigUint64(0) << 128n) | low : low;
  }

  #blob(): Uint8Array | undefined {
    const length = this.length();
    if (length < 0) return undefined;
    const view = this.#view(length);
    return length * VIEW_SHARE < this.#bytes.length ? view.slice() : view;
  }

  #view(length: number): Uint8Array {
    const view = new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, length);
    this.#at += length;
    return view;
  }

  /** Reads a list. The array grows item by item: memory must not be allocated for a count that may be false. */
  #list(depth: number): readonly Value[] | undefined {
    const count = this.length();
    if (count < 0) return undefined;
    const items: Value[] = [];
    for (let left = count; left > 0; left--) {
      const item = this.field(depth);
      if (item === undefined) return undefined;
      items.push(item);
    }
    return items;
  }

  #address(depth: number): Address | undefined {
    const overlay = this.#text();
    if (overlay === undefined || !isOverlayName(overlay)) return undefined;
    const node = this.field(depth);
    if (node === undefined || !isNode(node)) return undefined;
    const options = this.#list(depth);
    return options === undefined ? undefined : new Address(overlay, node, options);
  }

  /** Reads a packet. Its body stays encoded until the packet reaches its destination. */
  #packet(): Packet | undefined {
    const hops = this.#byte();
    if (hops < 0 || hops > HOPS_MAX) return undefined;
    const hash = this.u32();
    const length = this.length();
    return hash === undefined || hash === 0 || length < 0
      ? undefined
      : Packet.inTransit(hash, hops, this.#view(length));
  }
}
