import { Address } from "./address.ts";
import { Packet } from "./packet.ts";
import type { Value } from "./value.ts";

/**
 * Largest nesting of lists, addresses and packets in a value that an expression builds, so that functions of values may recurse over the
 * nesting. Constants of a program nest at most as deep as the limit `nesting` of the grammar, encoded tuples at most 32 deep.
 */
export const DEPTH_MAX = 64;
/** Largest number of values at all depths of a value that an expression builds. */
const SIZE_MAX = 1 << 20;

interface Extent {
  readonly depth: number;
  readonly size: number;
}

/** Known extents of nested values. If a rule wraps a value again and again, only the new layer is measured each time. */
const extents = new WeakMap<object, Extent>();
const SCALAR: Extent = { depth: 0, size: 1 };

/** Returns the value, or undefined if it exceeds the limits that keep comparing and keying of values cheap. */
export function bounded<V extends Value>(value: V): V | undefined {
  const { depth, size } = extentOf(value);
  return depth > DEPTH_MAX || size > SIZE_MAX ? undefined : value;
}

/** Returns the value, or undefined if it is nested too deeply. Lists of any length are accepted. */
export function boundedInDepth<V extends Value>(value: V): V | undefined {
  return extentOf(value).depth > DEPTH_MAX ? undefined : value;
}

function extentOf(value: Value): Extent {
  const parts = partsOf(value);
  if (parts === undefined) return SCALAR;
  if (parts.every(isScalar)) return { depth: 1, size: parts.length + 1 };
  const known = extents.get(value as object);
  if (known !== undefined) return known;
  let depth = 0;
  let size = 1;
  for (const part of parts) {
    const extent = extentOf(part);
    depth = Math.max(depth, extent.depth);
    size += extent.size;
  }
  const extent = { depth: depth + 1, size };
  extents.set(value as object, extent);
  return extent;
}

function isScalar(value: Value): boolean {
  return typeof value !== "object" || value === null || value instanceof Uint8Array;
}

function partsOf(value: Value): readonly Value[] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) return value as readonly Value[];
  if (value instanceof Packet) return value.tuple?.args;
  return value instanceof Address ? [value.node, ...value.options] : undefined;
}
