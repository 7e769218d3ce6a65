/**
 * Bit operations on whole numbers up to 2^53, as two's complement of unlimited width. JavaScript's own see 32 bits only:
 * they are used where that is all there is.
 */
export function wholeAnd(left: number, right: number): number {
  return fits(left, right) ? left & right : Number(BigInt(left) & BigInt(right));
}

export function wholeOr(left: number, right: number): number {
  return fits(left, right) ? left | right : Number(BigInt(left) | BigInt(right));
}

export function wholeXor(left: number, right: number): number {
  return fits(left, right) ? left ^ right : Number(BigInt(left) ^ BigInt(right));
}

/** Rounds down, as a shift of two's complement does. */
export function wholeShiftRight(number: number, places: number): number {
  if (places > 63) return number < 0 ? -1 : 0;
  return Math.floor(number / 2 ** places);
}

/** Infinite when `places` is absurd; the caller checks that the result is exact. */
export function wholeShiftLeft(number: number, places: number): number {
  return number === 0 ? 0 : number * 2 ** places;
}

function fits(left: number, right: number): boolean {
  return (left | 0) === left && (right | 0) === right;
}
