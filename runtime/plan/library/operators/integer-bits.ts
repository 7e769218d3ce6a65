/**
 * Bit operations on whole numbers up to 2^53, as two's complement of unlimited width. JavaScript's own see 32 bits only:
 * they are used where that is all there is.
 */
export function integerAnd(left: number, right: number): number {
  return fitIn32Bits(left, right) ? left & right : Number(BigInt(left) & BigInt(right));
}

export function integerOr(left: number, right: number): number {
  return fitIn32Bits(left, right) ? left | right : Number(BigInt(left) | BigInt(right));
}

export function integerXor(left: number, right: number): number {
  return fitIn32Bits(left, right) ? left ^ right : Number(BigInt(left) ^ BigInt(right));
}

/** Rounds down, as a shift of two's complement does. */
export function integerShiftRight(number: number, bits: number): number {
  if (bits > 63) return number < 0 ? -1 : 0;
  return Math.floor(number / 2 ** bits);
}

/** Infinite when `places` is absurd; the caller checks that the result is exact. */
export function integerShiftLeft(number: number, bits: number): number {
  return number === 0 ? 0 : number * 2 ** bits;
}

function fitIn32Bits(left: number, right: number): boolean {
  return (left | 0) === left && (right | 0) === right;
}
