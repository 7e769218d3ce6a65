import { ownedValues } from "../plan/values/owned.ts";
import { Packet } from "../plan/values/packet.ts";
import { isTrain, Train } from "../plan/values/train.ts";
import type { Values, Value } from "../plan/values/value.ts";

/**
 * Entry of the decode cache of Admission: the fields of an encoded tuple whose last field is a byte string or packet at the very end of the
 * bytes. Other bytes of the same length with the same prefix have the same fields, except for the content of the last field, and need no
 * decoding. Packets of one flow hit this cache.
 */
export class CachedDecoding {
  /** Prefix that a matching train shares. Other bytes match if they share the first `#payloadAt` bytes of the prefix. */
  readonly #prefix: Uint8Array;
  /** Start of the content of the last field. */
  readonly #payloadAt: number;
  readonly #length: number;
  /** All fields. The last one is null and is replaced on a hit. */
  readonly #fields: Values;
  /** The last field without its body, if it is a packet. */
  readonly #packet: Packet | undefined;
  readonly #mayBeTrain: boolean;

  private constructor(bytes: Uint8Array, fields: Values, payloadAt: number, devicePacket: number | undefined) {
    const last = fields.at(-1);
    const prefixLength = devicePacket === undefined ? payloadAt : bytes.length - devicePacket;
    this.#prefix = new Uint8Array(bytes.subarray(0, prefixLength));
    this.#payloadAt = payloadAt;
    this.#length = bytes.length;
    this.#fields = [...ownedValues(fields.slice(0, -1)), null];
    this.#packet = last instanceof Packet ? last.with(undefined, undefined) : undefined;
    this.#mayBeTrain = devicePacket !== undefined;
  }

  /**
   * Creates an entry from bytes, or from the first segment of a train, and their decoded fields. Returns undefined if the last field does
   * not end where the bytes end. `devicePacket` is the length of the device packet at the end of the bytes; an entry without a device
   * packet matches no train.
   */
  static of(bytes: Uint8Array, fields: Values, devicePacket: number | undefined): CachedDecoding | undefined {
    const payload = payloadOf(fields, bytes);
    return payload && new CachedDecoding(bytes, fields, bytes.length - payload.length, devicePacket);
  }

  /** Returns the fields of bytes, or of a train, that match the entry. Undefined if the bytes, or a segment of the train, may not match. */
  read(bytes: Uint8Array): Value[] | undefined {
    if (bytes.length !== this.#length || !this.#matches(bytes)) return undefined;
    const payload = payloadFrom(bytes, this.#payloadAt);
    const fields = this.#fields.slice();
    fields[fields.length - 1] = this.#packet === undefined ? payload : this.#packet.with(undefined, payload);
    return fields;
  }

  #matches(bytes: Uint8Array): boolean {
    const prefix = this.#prefix;
    const isATrain = isTrain(bytes);
    const length = isATrain ? prefix.length : this.#payloadAt;
    if (isATrain && !(this.#mayBeTrain && bytes.lastLength === bytes.length && bytes.commonPrefix >= length))
      return false;
    for (let at = 0; at < length; at++) if (bytes[at] !== prefix[at]) return false;
    return true;
  }
}

/** Returns the content of the last field if it is a byte string or packet that ends where `bytes` end. */
export function payloadOf(fields: Values, bytes: Uint8Array): Uint8Array | undefined {
  const value = fields.at(-1);
  const content = value instanceof Packet ? value.body : value;
  if (!(content instanceof Uint8Array) || content.buffer !== bytes.buffer || content.length === 0) return undefined;
  return content.byteOffset + content.length === bytes.byteOffset + bytes.length ? content : undefined;
}

/** Returns the bytes from `start` on; for a train, the bytes of each segment from `start` on. */
function payloadFrom(bytes: Uint8Array, start: number): Uint8Array {
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
