import { Address } from "./address.ts";
import { Packet } from "./packet.ts";
import { SIZE_MAX } from "./size.ts";
import type { Value, Values } from "./value.ts";

/**
 * Largest nesting of lists, addresses and packets in a value that an expression builds, so that functions of values may recurse over the
 * nesting. Constants of a program nest at most as deep as the limit `nesting` of the grammar, encoded tuples at most 32 deep.
 */
export const DEPTH_MAX = 64;
/** Largest number of values at all depths of a value that an expression builds. */
const COUNT_MAX = 1 << 20;

/** `bytes`: characters and bytes at all depths. A text that a list holds twice counts twice. */
interface Extent {
  readonly depth: number;
  readonly count: number;
  readonly bytes: number;
}

/** Known extents of nested values. If a rule wraps a value again and again, only the new layer is measured each time. */
const extents = new WeakMap<object, Extent>();

/**
 * Returns the value, or undefined if it exceeds the limits that keep comparing, keying and printing of values cheap: nesting, number of
 * values, and `SIZE_MAX` characters and bytes at all depths.
 */
export function bounded<V extends Value>(value: V): V | undefined {
  const parts = partsOf(value);
  if (parts === undefined) return bytesOfScalar(value) > SIZE_MAX ? undefined : value;
  const { depth, count, bytes } = extentOf(value as object, parts);
  return depth > DEPTH_MAX || count > COUNT_MAX || bytes > SIZE_MAX ? undefined : value;
}

/** Returns the value, or undefined if it is nested too deeply or has too many bytes. Lists of any length are accepted. */
export function boundedExceptInCount<V extends Value>(value: V): V | undefined {
  const parts = partsOf(value);
  if (parts === undefined) return value;
  const { depth, bytes } = extentOf(value as object, parts);
  return depth > DEPTH_MAX || bytes > SIZE_MAX ? undefined : value;
}

/** Bytes that `sizeOfText` counts for each value. */
const BYTES_PER_VALUE = 8;

/**
 * Returns the approximate length of the texts of values, at least an eighth of the actual length: 8 for each value, plus the characters and
 * bytes, at all depths. Takes a time that depends on the number of values alone.
 */
export function sizeOfText(values: Values): number {
  let size = BYTES_PER_VALUE * values.length;
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as Value;
    const parts = partsOf(value);
    if (parts === undefined) size += bytesOfScalar(value);
    else {
      const { count, bytes } = extentOf(value as object, parts);
      size += BYTES_PER_VALUE * count + bytes;
    }
  }
  return size;
}

/** A flat value with at most this many parts is not cached: measuring it is as fast as the lookup. */
const FEW = 16;

/** `parts` are the values in `value`. */
function extentOf(value: object, parts: Values): Extent {
  const isKnowable = parts.length > FEW || parts.some(isNested);
  const known = isKnowable ? extents.get(value) : undefined;
  if (known !== undefined) return known;
  let depth = 0;
  let count = 1;
  let bytes = 0;
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at] as Value;
    const inner = partsOf(part);
    if (inner === undefined) {
      count++;
      bytes += bytesOfScalar(part);
      continue;
    }
    const extent = extentOf(part as object, inner);
    depth = Math.max(depth, extent.depth);
    count += extent.count;
    bytes += extent.bytes;
  }
  const extent = { depth: depth + 1, count, bytes };
  if (isKnowable) extents.set(value, extent);
  return extent;
}

function isNested(value: Value): boolean {
  return typeof value === "object" && value !== null && !(value instanceof Uint8Array);
}

function bytesOfScalar(value: Value): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  return value instanceof Uint8Array ? value.length : ((value as Packet).body?.length ?? 0);
}

/** Returns the values in a list, an address or a decoded packet; undefined for all other values. */
function partsOf(value: Value): Values | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) return value as Values;
  if (value instanceof Packet) return value.tuple?.args;
  return value instanceof Address ? [value.overlay, value.node, ...value.options] : undefined;
}
