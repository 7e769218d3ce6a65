import type { Value } from "./value.ts";

/** Limit of characters, items or bytes in the result of an operator or function. A longer result fails. */
export const SIZE_MAX: number = 2 ** 24;

const SURROGATE = /[\ud800-\udfff]/;

/** Returns the number of characters of a string, items of a list, or bytes. Returns undefined for all other values. */
export function sizeOf(value: Value | undefined): number | undefined {
  if (typeof value === "string") return charactersIn(value);
  return Array.isArray(value) || value instanceof Uint8Array ? value.length : undefined;
}

/** Returns the number of Unicode code points of a text, which may be less than its number of UTF-16 units. */
export function charactersIn(text: string): number {
  return hasWideCharacters(text) ? Array.from(text).length : text.length;
}

/** Returns whether some code point takes two UTF-16 units, so that code points cannot be indexed directly. */
export function hasWideCharacters(text: string): boolean {
  return SURROGATE.test(text);
}
