/**
 * Arithmetic of the field GF(256) with the polynomial x^8 + x^4 + x^3 + x^2 + 1 (0x11d). Addition is exclusive or.
 */
const POLYNOMIAL = 0x11d;

/** All powers of the generator 2, stored twice, so that the sum of two logarithms is a valid index. */
const POWERS: Uint8Array = new Uint8Array(510);
const LOGARITHMS: Uint8Array = new Uint8Array(256);
for (let exponent = 0, power = 1; exponent < 255; exponent++) {
  POWERS[exponent] = power;
  POWERS[exponent + 255] = power;
  LOGARITHMS[power] = exponent;
  power = power < 128 ? power * 2 : (power * 2) ^ POLYNOMIAL;
}

/** The products of a factor with each element, by factor, once they have been used. */
const PRODUCTS: (Uint8Array | undefined)[] = Array.from({ length: 256 });

/** Returns the product of two elements. */
export function times(left: number, right: number): number {
  if (left === 0 || right === 0) return 0;
  return POWERS[(LOGARITHMS[left] as number) + (LOGARITHMS[right] as number)] as number;
}

/** Returns the inverse of an element other than 0. */
export function inverse(element: number): number {
  return POWERS[255 - (LOGARITHMS[element] as number)] as number;
}

/** Adds `factor` times `bytes` to `sum`, which must be at least as long as `bytes`. */
export function addMultiple(sum: Uint8Array, factor: number, bytes: Uint8Array): void {
  if (factor === 0) return;
  const { length } = bytes;
  if (factor === 1) {
    for (let at = 0; at < length; at++) sum[at] = (sum[at] as number) ^ (bytes[at] as number);
    return;
  }
  const products = (PRODUCTS[factor] ??= Uint8Array.from({ length: 256 }, (_, element) => times(factor, element)));
  for (let at = 0; at < length; at++) sum[at] = (sum[at] as number) ^ (products[bytes[at] as number] as number);
}
