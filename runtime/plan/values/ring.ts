import type { Value } from "./value.ts";

/** Ids are the integers modulo 2^160, arranged on a ring. */
export const ID_BITS = 160;
export const ID_BYTES: number = ID_BITS / 8;

export function wrap(number: bigint): bigint {
  return BigInt.asUintN(ID_BITS, number);
}

/** Returns an id unchanged, and a safe integer as the id congruent to it modulo 2^160. Returns undefined for all other values. */
export function toId(value: Value | undefined): bigint | undefined {
  if (typeof value === "bigint") return value;
  return Number.isSafeInteger(value) ? wrap(BigInt(value as number)) : undefined;
}

/**
 * Returns whether `id` lies on the arc from `low` upwards to `high`. If both ends are the same id, the arc is the whole ring, and
 * contains that id if either end is included.
 */
export function onArc(id: bigint, low: bigint, high: bigint, includesLow: boolean, includesHigh: boolean): boolean {
  if (low === high) return id !== low || includesLow || includesHigh;
  if (id === low) return includesLow;
  if (id === high) return includesHigh;
  return low < high ? low < id && id < high : low < id || id < high;
}
