import { Address } from "../values/address.ts";
import type { Value } from "../values/value.ts";

/** Largest nesting of lists and addresses, and largest number of values in all of them together. */
const DEPTH_MAX = 64;
const SIZE_MAX = 1 << 20;

interface Extent {
  readonly depth: number;
  readonly size: number;
}

/** Extents of nested structures. A rule that wraps a value again and again measures only the new layer each time. */
const extents = new WeakMap<object, Extent>();
const SCALAR: Extent = { depth: 0, size: 1 };

/** Returns the value, or undefined if it exceeds the limits that keep comparing and keying of values cheap. */
export function bounded<V extends Value>(value: V): V | undefined {
  const { depth, size } = extentOf(value);
  return depth > DEPTH_MAX || size > SIZE_MAX ? undefined : value;
}

function extentOf(value: Value): Extent {
  const parts = partsOf(value);
  if (parts === undefined) return SCALAR;
  if (parts.every((part) => partsOf(part) === undefined)) return { depth: 1, size: parts.length + 1 };
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

function partsOf(value: Value): readonly Value[] | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) return value as readonly Value[];
  return value instanceof Address ? [value.node, ...value.options] : undefined;
}
