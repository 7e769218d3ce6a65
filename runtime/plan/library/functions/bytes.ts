import type { FunctionSpec } from "../../contract/function-spec.ts";
import { bytesOfPacket, packetOfBytes } from "../../values/packet-bytes.ts";
import { Packet } from "../../values/packet.ts";
import { ID_BYTES } from "../../values/ring.ts";
import { SIZE_MAX } from "../../values/size.ts";
import type { Maybe, Value, Values } from "../../values/value.ts";
import { define, defineVariadic } from "./define.ts";

/** Functions of byte strings. Numbers in them are unsigned and big-endian. Positions count from 0. */
export const byteFunctions: readonly FunctionSpec[] = [
  /**
   * f_bytes(X): the UTF-8 of a string, the 20 bytes of an id, the bytes of a list of numbers below 256, the encoding of a packet, or bytes
   * unchanged.
   */
  define("f_bytes", 1, ["bytes"], bytesOf),
  /** f_packet(Bytes): the packet with this encoding, the inverse of f_bytes. Fails for any other bytes. */
  define("f_packet", 1, ["tuple"], (bytes) => (bytes instanceof Uint8Array ? packetOfBytes(bytes) : undefined)),
  /** f_slice(X, Start, Length): the part of a byte string or list. Without Length, the rest from Start. Fails if out of range. */
  define("f_slice", [2, 3], ["bytes", "list"], slice),
  /** f_u8(Bytes, At): the byte at a position. Fails if out of range. */
  define("f_u8", 2, ["number"], (bytes, at) => unsigned(bytes, at, 1)),
  /** f_u16(Bytes, At): the number in the two bytes at a position. Fails if out of range. */
  define("f_u16", 2, ["number"], (bytes, at) => unsigned(bytes, at, 2)),
  /** f_u32(Bytes, At): the number in the four bytes at a position. Fails if out of range. */
  define("f_u32", 2, ["number"], (bytes, at) => unsigned(bytes, at, 4)),
  /**
   * f_pack(Format, X, ..): the values as bytes, one letter of the format per value. `1`, `2` and `4` write a number in so many bytes,
   * `b` writes f_bytes of the value: f_pack("12b", 7, 80, "GET"). Fails if a number does not fit, or the counts differ.
   */
  defineVariadic("f_pack", [1, Infinity], ["bytes"], pack),
];

function bytesOf(value: Maybe): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (value instanceof Packet) return bytesOfPacket(value);
  if (typeof value === "string") return new TextEncoder().encode(value);
  if (typeof value === "bigint")
    return Uint8Array.from(Buffer.from(value.toString(16).padStart(2 * ID_BYTES, "0"), "hex"));
  return Array.isArray(value) && (value as Values).every(isByte)
    ? Uint8Array.from(value as readonly number[])
    : undefined;
}

function isByte(value: Value): boolean {
  return isUnsigned(value, 1);
}

function isUnsigned(value: Maybe, width: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 256 ** width;
}

function slice(value: Maybe, start: Maybe, length: Maybe): Maybe {
  if (!(value instanceof Uint8Array) && !Array.isArray(value)) return undefined;
  const sequence = value as Uint8Array | Values;
  const from = asIndex(start, sequence.length);
  if (from === undefined) return undefined;
  const count = length === undefined ? sequence.length - from : asIndex(length, sequence.length - from);
  return count === undefined ? undefined : sequence.slice(from, from + count);
}

function asIndex(value: Maybe, max: number): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max
    ? (value as number)
    : undefined;
}

function unsigned(bytes: Maybe, at: Maybe, width: number): number | undefined {
  if (!(bytes instanceof Uint8Array)) return undefined;
  const start = asIndex(at, bytes.length - width);
  return start === undefined
    ? undefined
    : bytes.subarray(start, start + width).reduce((sum, byte) => sum * 256 + byte, 0);
}

function pack([format, ...values]: readonly Maybe[]): Uint8Array | undefined {
  if (typeof format !== "string" || format.length !== values.length) return undefined;
  const parts = values.map((value, at) => packed(format[at] as string, value));
  if (!parts.every((part) => part !== undefined)) return undefined;
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  return size <= SIZE_MAX ? Uint8Array.from(Buffer.concat(parts)) : undefined;
}

function packed(letter: string, value: Maybe): Uint8Array | undefined {
  if (letter === "b") return bytesOf(value);
  const width = "124".includes(letter) ? Number(letter) : 0;
  if (width === 0 || !isUnsigned(value, width)) return undefined;
  return Uint8Array.from({ length: width }, (_, at) => Math.floor(value / 256 ** (width - 1 - at)) % 256);
}
