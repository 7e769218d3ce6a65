import { Address } from "./address.ts";
import { Packet } from "./packet.ts";
import type { Value, Values } from "./value.ts";

/** Number of characters of a text, or bytes of a byte string, that its hash depends on, at each end. */
const ENDS = 16;
const PRIME = 0x01000193;

/**
 * Returns a number of 32 bits that is equal for equal values. It costs less than a key (`keyOfValues`), because it reads only the ends of
 * texts and bytes, and no packets. So unequal values often have the same hash if somebody chose them for that.
 */
export function hashOfValues(values: Values): number {
  let hash = values.length;
  for (let at = 0; at < values.length; at++) hash = mixed(hash, hashOf(values[at] as Value));
  return hash;
}

function hashOf(value: Value): number {
  if (typeof value === "number") return value | 0;
  if (typeof value === "string") return hashOfText(value);
  if (value instanceof Uint8Array) return hashOfBytes(value);
  if (value instanceof Address) return hashOfText(value.text);
  if (value instanceof Packet || typeof value !== "object" || value === null) return 0;
  return hashOfValues(value);
}

function hashOfText(text: string): number {
  const { length } = text;
  let hash = length;
  for (let at = 0; at < length && at < ENDS; at++) hash = mixed(hash, text.charCodeAt(at));
  for (let at = Math.max(ENDS, length - ENDS); at < length; at++) hash = mixed(hash, text.charCodeAt(at));
  return hash;
}

function hashOfBytes(bytes: Uint8Array): number {
  const { length } = bytes;
  let hash = length;
  for (let at = 0; at < length && at < ENDS; at++) hash = mixed(hash, bytes[at] as number);
  for (let at = Math.max(ENDS, length - ENDS); at < length; at++) hash = mixed(hash, bytes[at] as number);
  return hash;
}

function mixed(hash: number, more: number): number {
  return Math.imul(hash ^ more, PRIME);
}
