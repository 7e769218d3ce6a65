import type { FunctionSpec } from "../../contract/function-spec.ts";
import { formatIp, parseIp } from "../../values/ip-address.ts";
import { bytesOfPacket, packetOfBytes } from "../../values/packet-bytes.ts";
import { Packet } from "../../values/packet.ts";
import { ID_BYTES } from "../../values/ring.ts";
import type { Maybe, Value, Values } from "../../values/value.ts";
import { define } from "./define.ts";

/** Functions of byte strings. Numbers in byte strings are unsigned and big-endian. Positions count from 0. */
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
  /** f_text(Bytes): the text with this UTF-8. Fails for malformed bytes. */
  define("f_text", 1, ["string"], (bytes) => (bytes instanceof Uint8Array ? textOfBytes(bytes) : undefined)),
  /** f_ip(X): the canonical text of an IP address of 4 or 16 bytes, or the bytes of such a text. Fails for other values. */
  define("f_ip", 1, ["string", "bytes"], ipAddress),
];

/** Returns f_bytes of a value. */
export function bytesOf(value: Maybe): Uint8Array | undefined {
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

/** Whether the value is an unsigned integer of at most `width` bytes, below 2^53. */
export function isUnsigned(value: Maybe, width: number): value is number {
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

/** Returns the text with this UTF-8, or undefined if it is malformed. */
export function textOfBytes(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function ipAddress(value: Maybe): Maybe {
  if (typeof value === "string") return parseIp(value);
  return value instanceof Uint8Array && (value.length === 4 || value.length === 16) ? formatIp(value) : undefined;
}
