import type { Value } from "./value.ts";

/** The most characters, items or bytes that an operation or function gives: beyond it fails. */
export const SIZE_MAX: number = 2 ** 24;

const SURROGATE = /[\ud800-\udfff]/;

/** Characters of a string, items of a list, bytes of bytes; undefined for what has no size. */
export function sizeOf(value: Value | undefined): number | undefined {
  if (typeof value === "string") return charactersIn(value);
  return Array.isArray(value) || value instanceof Uint8Array ? value.length : undefined;
}

/** Unicode characters, not the 16-bit units they are stored in. */
export function charactersIn(text: string): number {
  return hasWideCharacters(text) ? Array.from(text).length : text.length;
}

/** Whether some character takes two units, so that positions in the text are not positions in its storage. */
export function hasWideCharacters(text: string): boolean {
  return SURROGATE.test(text);
}
