/**
 * Bitwise operators on integers up to 2^53, as two's complement of unlimited width. The operators of JavaScript are used if both
 * operands have 32 bits, BigInt otherwise.
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

/** Rounds down, like a shift of a two's complement number. */
export function integerShiftRight(number: number, bits: number): number {
  if (bits > 63) return number < 0 ? -1 : 0;
  return Math.floor(number / 2 ** bits);
}

/** The result may be inexact or infinite. The caller must check that it is a safe integer. */
export function integerShiftLeft(number: number, bits: number): number {
  return number === 0 ? 0 : number * 2 ** bits;
}

function fitIn32Bits(left: number, right: number): boolean {
  return (left | 0) === left && (right | 0) === right;
}
