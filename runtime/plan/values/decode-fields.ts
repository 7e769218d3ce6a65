import { Reader } from "./reader.ts";
import type { Value } from "./value.ts";

/** Decodes exactly `arity` values between `start` and `end`. Returns undefined if the bytes are anything else. */
export function decodeFields(bytes: Uint8Array, start: number, end: number, arity: number): Value[] | undefined {
  const reader = new Reader(bytes, start, end);
  const values: Value[] = [];
  for (let count = 0; count < arity; count++) {
    const value = reader.field(0);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return reader.isAtEnd ? values : undefined;
}

/** Decodes bytes that consist of any number of values. Returns undefined if they consist of anything else. */
export function decodeAllFields(bytes: Uint8Array): Value[] | undefined {
  const reader = new Reader(bytes, 0, bytes.length);
  const values: Value[] = [];
  while (!reader.isAtEnd) {
    const value = reader.field(0);
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}
