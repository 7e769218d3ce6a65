import { ownedValues } from "../plan/values/owned.ts";
import { Packet } from "../plan/values/packet.ts";
import { isTrain, Train } from "../plan/values/train.ts";
import type { Values, Value } from "../plan/values/value.ts";

/**
 * What was read from a row that ends with the bytes of its last field, and how it began. A row that begins alike and is as
 * long says the same but for these bytes, and need not be read.
 */
export class CachedDecoding {
  /** How it began; of what comes alone only `#end` bytes of it count. */
  readonly #start: Uint8Array;
  readonly #end: number;
  readonly #length: number;
  /** With room for what the row ends with. */
  readonly #fields: Values;
  /** Where the row ends with a packet. */
  readonly #packet: Packet | undefined;
  readonly #mayBeTrain: boolean;

  private constructor(row: Uint8Array, fields: Values, end: number, devicePacket: number | undefined) {
    const last = fields.at(-1);
    this.#start = new Uint8Array(row.subarray(0, devicePacket === undefined ? end : row.length - devicePacket));
    this.#end = end;
    this.#length = row.length;
    this.#fields = [...ownedValues(fields.slice(0, -1)), null];
    this.#packet = last instanceof Packet ? last.with(undefined, undefined) : undefined;
    this.#mayBeTrain = devicePacket !== undefined;
  }

  /**
   * Of bytes, or of the first row of a train, with what was read from them; undefined when they end otherwise. Those that end
   * with a packet of a device, of so many bytes, may come as a train.
   */
  static of(row: Uint8Array, fields: Values, devicePacket: number | undefined): CachedDecoding | undefined {
    const ending = endingOf(fields, row);
    return ending && new CachedDecoding(row, fields, row.length - ending.length, devicePacket);
  }

  /** The fields of bytes, or of a train, that begin so; undefined when they do not, or not surely in each row. */
  read(bytes: Uint8Array): Value[] | undefined {
    if (bytes.length !== this.#length || !this.#begins(bytes)) return undefined;
    const ending = endingAt(bytes, this.#end);
    const fields = this.#fields.slice();
    fields[fields.length - 1] = this.#packet === undefined ? ending : this.#packet.with(undefined, ending);
    return fields;
  }

  #begins(bytes: Uint8Array): boolean {
    const start = this.#start;
    const comesAsTrain = isTrain(bytes);
    const length = comesAsTrain ? start.length : this.#end;
    if (comesAsTrain && !(this.#mayBeTrain && bytes.lastLength === bytes.length && bytes.commonPrefix >= length))
      return false;
    for (let at = 0; at < length; at++) if (bytes[at] !== start[at]) return false;
    return true;
  }
}

/** The bytes with which a row ends, where it ends with bytes of its last field. */
export function endingOf(fields: Values, row: Uint8Array): Uint8Array | undefined {
  const value = fields.at(-1);
  const bytes = value instanceof Packet ? value.body : value;
  if (!(bytes instanceof Uint8Array) || bytes.buffer !== row.buffer || bytes.length === 0) return undefined;
  return bytes.byteOffset + bytes.length === row.byteOffset + row.length ? bytes : undefined;
}

function endingAt(bytes: Uint8Array, start: number): Uint8Array {
  const { buffer, byteOffset, length } = bytes;
  if (!isTrain(bytes)) return new Uint8Array(buffer, byteOffset + start, length - start);
  return new Train(buffer, byteOffset + start, length - start, {
    count: bytes.count,
    stride: bytes.stride,
    lastAt: bytes.lastAt,
    lastLength: length - start,
    commonPrefix: bytes.commonPrefix - start,
  });
}
