import { Address } from "./address.ts";
import { Packet } from "./packet.ts";
import { isTrain } from "./train.ts";
import type { Values, Value } from "./value.ts";

/** What stands for a value in a `Map`: two values have the same key exactly when they are equal. */
export type Key = null | boolean | number | string | bigint;

/**
 * Primitives are their own keys. Structures become a string that starts with NUL; a string of the program that
 * starts with NUL is marked, so that the two can never meet. -0 and 0 are one key, as they are one value.
 */
export function keyOf(value: Value): Key {
  if (typeof value === "string") return value.charCodeAt(0) === 0 ? `\0s${value}` : value;
  if (typeof value !== "object" || value === null) return value;
  return `\0${textKey(value)}`;
}

/** The key of several values together. */
export function keyOfValues(row: Values): string {
  let key = "";
  for (let i = 0; i < row.length; i++) key += textKey(row[i] as Value);
  return key;
}

/** Self-delimiting: no text key is a prefix of another's continuation. */
function textKey(value: Value): string {
  switch (typeof value) {
    case "string":
      return `s${value.length}:${value}`;
    case "number":
      return `n${value === 0 ? 0 : value};`;
    case "bigint":
      return `i${value.toString(16)};`;
    case "boolean":
      return value ? "t" : "f";
    default:
      return objectKey(value);
  }
}

function objectKey(value: Value): string {
  if (value === null) return "_";
  if (value instanceof Address) return `a${value.text.length}:${value.text}`;
  if (value instanceof Packet) return `p${value.key.length}:${value.key}`;
  if (Array.isArray(value)) return `[${keyOfValues(value as Values)}]`;
  const bytes = value as Uint8Array;
  return isTrain(bytes) ? bytes.segments().map(bytesKey).join("") : bytesKey(bytes);
}

function bytesKey(bytes: Uint8Array): string {
  return `b${bytes.length}:${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")}`;
}
