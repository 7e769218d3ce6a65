import type { Value } from "./value.ts";

/** Ids are the whole numbers modulo 2^160, on a ring. */
export const ID_BITS = 160;
export const ID_BYTES: number = ID_BITS / 8;

export function wrap(number: bigint): bigint {
  return BigInt.asUintN(ID_BITS, number);
}

/** An id as it is; a whole number as the id it is congruent to. Undefined for everything else. */
export function toId(value: Value | undefined): bigint | undefined {
  if (typeof value === "bigint") return value;
  return Number.isSafeInteger(value) ? wrap(BigInt(value as number)) : undefined;
}

/**
 * Whether one who goes up from `low` meets `id` no later than `high`. When both ends are one id, the interval is the
 * whole ring; that id itself belongs to it when either end does.
 */
export function onArc(id: bigint, low: bigint, high: bigint, includesLow: boolean, includesHigh: boolean): boolean {
  if (low === high) return id !== low || includesLow || includesHigh;
  if (id === low) return includesLow;
  if (id === high) return includesHigh;
  return low < high ? low < id && id < high : low < id || id < high;
}
