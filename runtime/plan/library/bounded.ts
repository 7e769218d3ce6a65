import { Address } from "../values/address.ts";
import type { Value } from "../values/value.ts";

/** How deep lists and addresses may lie in one another, and how many values they may hold in all. */
const DEPTH_MAX = 64;
const SIZE_MAX = 1 << 20;

interface Extent {
  readonly depth: number;
  readonly size: number;
}

/** Of structures that hold structures; a rule that wraps a value again and again measures each wrapping once. */
const extents = new WeakMap<object, Extent>();
const SCALAR: Extent = { depth: 0, size: 1 };

/** The value, unless it has grown beyond what comparing and keying it could bear. */
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
