import { Address } from "./address.ts";
import { originBytes } from "./device-origin.ts";
import { Packet, type Tuple } from "./packet.ts";
import { isTrain } from "./train.ts";
import type { Values, Value } from "./value.ts";

/** Memory of a value besides its content, in bytes. */
const VALUE_BYTES = 16;
/** Memory of a list inside another value, besides its items, in bytes. */
const NESTED_BYTES = 48;
const WIDE = /[^\u0000-\u00ff]/;
/**
 * Length below which a text counts one byte per character, without a look at the characters: most texts are short, and their objects take
 * more memory than their characters.
 */
const SHORT_TEXT = 16;
/** Length from which a regular expression is faster than a loop. */
const LONG_TEXT = 64;

/** Returns the approximate memory of a queued tuple in bytes. Deterministic: a queue can subtract the same number later. */
export function heldBytes({ args }: Tuple): number {
  return heldBytesOf(args);
}

/** Returns the approximate memory of several values in bytes. */
export function heldBytesOf(values: Values): number {
  let sum = VALUE_BYTES;
  // A loop over an iterator would allocate: the values are arrays of many kinds, for which V8 does not remove the iterator.
  for (let at = 0; at < values.length; at++) sum += bytesOf(values[at] as Value);
  return sum;
}

function bytesOf(value: Value): number {
  if (typeof value === "string") return VALUE_BYTES + (isWide(value) ? 2 : 1) * value.length;
  if (typeof value !== "object" || value === null) return VALUE_BYTES;
  if (value instanceof Uint8Array)
    return VALUE_BYTES + (isTrain(value) ? value.size : value.length) + originBytes(value);
  if (value instanceof Packet) return VALUE_BYTES + bytesOf(value.body ?? null) + heldBytesOf(value.tuple?.args ?? []);
  if (value instanceof Address) return bytesOf(value.overlay) + bytesOf(value.node) + heldBytesOf(value.options);
  return NESTED_BYTES + heldBytesOf(value);
}

/** Whether the text has a character that needs two bytes: V8 then stores every character of the text in two bytes. */
function isWide(text: string): boolean {
  if (text.length < SHORT_TEXT) return false;
  if (text.length >= LONG_TEXT) return WIDE.test(text);
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0xff) return true;
  return false;
}
