import { ownedRow } from "../plan/owned.ts";
import { Packet } from "../plan/packet.ts";
import { Train } from "../plan/train.ts";
import type { Row, Value } from "../plan/value.ts";

/**
 * What was read from a row that ends with the bytes of its last field, and how it began. A row that begins alike and is as
 * long says the same but for these bytes, and need not be read.
 */
export class Heading {
  readonly #start: Uint8Array;
  readonly #length: number;
  readonly #fields: Row;
  /** Where the row ends with a packet. */
  readonly #packet: Packet | undefined;

  private constructor(start: Uint8Array, length: number, fields: Row, packet: Packet | undefined) {
    this.#start = start;
    this.#length = length;
    this.#fields = fields;
    this.#packet = packet;
  }

  /** Of bytes, or of the first row of a train, with what was read from them; undefined when they end otherwise. */
  static of(row: Uint8Array, fields: Row): Heading | undefined {
    const end = endingOf(fields, row);
    if (end === undefined) return undefined;
    const last = fields.at(-1);
    const packet = last instanceof Packet ? last.with(undefined, undefined) : undefined;
    const start = new Uint8Array(row.subarray(0, row.length - end.length));
    return new Heading(start, row.length, ownedRow(fields.slice(0, -1)), packet);
  }

  /** The fields of bytes, or of a train, that begin so; undefined when they do not, or not surely in each row. */
  read(bytes: Uint8Array): Value[] | undefined {
    if (bytes.length !== this.#length) return undefined;
    const start = this.#start;
    const { length } = start;
    for (let at = 0; at < length; at++) if (bytes[at] !== start[at]) return undefined;
    const ending = endingAt(bytes, length);
    if (ending === undefined) return undefined;
    return [...this.#fields, this.#packet === undefined ? ending : this.#packet.with(undefined, ending)];
  }
}

/** The bytes with which a row ends, where it ends with bytes of its last field. */
export function endingOf(fields: Row, row: Uint8Array): Uint8Array | undefined {
  const value = fields.at(-1);
  const bytes = value instanceof Packet ? value.body : value;
  if (!(bytes instanceof Uint8Array) || bytes.buffer !== row.buffer || bytes.length === 0) return undefined;
  return bytes.byteOffset + bytes.length === row.byteOffset + row.length ? bytes : undefined;
}

function endingAt(bytes: Uint8Array, start: number): Uint8Array | undefined {
  const { buffer, byteOffset, length } = bytes;
  if (!(bytes instanceof Train)) return new Uint8Array(buffer, byteOffset + start, length - start);
  if (bytes.lastLength !== length || bytes.alike < start) return undefined;
  return new Train(buffer, byteOffset + start, length - start, {
    count: bytes.count,
    stride: bytes.stride,
    lastAt: bytes.lastAt,
    lastLength: length - start,
    alike: bytes.alike - start,
  });
}
