import { Address } from "./address.ts";
import { Packet } from "./packet.ts";
import { isTrain } from "./train.ts";
import type { Values, Value } from "./value.ts";

/** Key of a value in a `Map`. Two values have the same key if and only if they are equal. */
export type Key = null | boolean | number | string | bigint;

/** Longest key, in characters. The longest string of V8 is eight times as long. */
export const KEY_MAX: number = 2 ** 26;

/** Exception for values whose key would exceed `KEY_MAX`. Keys are made in steps and in queries, which catch it. */
export class KeyTooLong extends Error {
  constructor() {
    super(`a key has more than ${KEY_MAX} characters`);
  }
}

/**
 * Returns the key of a value. A primitive is its own key, except for an id of more than 64 bits (`spread`). The key of an address, packet,
 * list or byte string is a string that starts with NUL. A string value that itself starts with NUL gets a prefix, so that it equals no
 * such key. -0 and 0 are one value and have one key. All functions of keys throw `KeyTooLong`.
 */
export function keyOf(value: Value): Key {
  if (typeof value === "string") return value.charCodeAt(0) === 0 ? `\0s${value}` : value;
  if (typeof value === "bigint") return value < HASHED_END ? value : spread(value);
  if (typeof value !== "object" || value === null) return value;
  return inOnePiece(`\0${textKey(value)}`);
}

/** V8 hashes the lowest 64 bits of a bigint. */
const HASHED_BITS = 64;
const HASHED_END: bigint = 1n << 64n;
/** Odd factors that mix bits 64 to 127 of ids, and the bits above them, into the lowest 64. */
let factor = 0x9e3779b97f4a7c15n;
let topFactor = 0xc2b2ae3d27d4eb4fn;

/**
 * Makes the keys of ids of more than 64 bits depend on a secret of 64 bits, so that nobody outside can choose such ids whose keys have one
 * hash. The keys of shorter ids and of numbers do not depend on it. Called once in a process that serves a network, before the first key is
 * made. Results do not depend on the secret.
 */
export function hideIdKeys(secret: bigint): void {
  factor = secret | 1n;
  topFactor = BigInt.asUintN(HASHED_BITS, secret * factor) | 1n;
}

/**
 * Returns the key of an id of more than 64 bits: the id with its high bits mixed into the low ones, by a secret factor.
 * A `Map` of ids that agree in their lowest 64 bits would be searched as a list. Different ids have different keys, since the high bits
 * stay.
 */
function spread(id: bigint): bigint {
  return id ^ BigInt.asUintN(HASHED_BITS, BigInt.asUintN(HASHED_BITS, id >> 64n) * factor + (id >> 128n) * topFactor);
}

/** For this number of values or more, `join` builds the key instead of `+=`, for which V8 allocates an object per concatenation. */
const MANY = 32;

/** Returns one key for several values. */
export function keyOfValues(values: Values): string {
  return inOnePiece(textKeys(values));
}

function textKeys(values: Values): string {
  if (values.length >= MANY) return joinedKeys(values);
  let key = "";
  for (let i = 0; i < values.length; i++) {
    key += textKey(values[i] as Value);
    if (key.length > KEY_MAX) throw new KeyTooLong();
  }
  return key;
}

function joinedKeys(values: Values): string {
  let length = 0;
  const keys = values.map((value) => {
    const key = textKey(value);
    length += key.length;
    if (length > KEY_MAX) throw new KeyTooLong();
    return key;
  });
  return keys.join("");
}

/**
 * Returns the text itself. V8 stores a text that `+=` has built as a tree of its parts, several times as large, until a character is
 * read. A key in a `Map` would remain a tree, because its hash is computed part by part.
 */
function inOnePiece(text: string): string {
  return text.charCodeAt(0) >= 0 ? text : "";
}

/** Returns one key for some columns of the values: the key of a list of their values. */
export function keyOfSelected(values: Values, columns: readonly number[]): string {
  if (columns.length >= MANY) return keyOfValues(columns.map((column) => values[column] as Value));
  let key = "";
  for (let i = 0; i < columns.length; i++) {
    key += textKey(values[columns[i] as number] as Value);
    if (key.length > KEY_MAX) throw new KeyTooLong();
  }
  return inOnePiece(key);
}

/** Returns the key of a value as self-delimiting text, so that concatenated keys are unambiguous. */
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
  if (value instanceof Address) return `a${value.key.length}:${value.key}`;
  if (value instanceof Packet) return `p${value.key.length}:${value.key}`;
  if (Array.isArray(value)) return `[${textKeys(value as Values)}]`;
  const bytes = value as Uint8Array;
  return isTrain(bytes) ? bytes.segments().map(bytesKey).join("") : bytesKey(bytes);
}

function bytesKey(bytes: Uint8Array): string {
  return `b${bytes.length}:${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1")}`;
}
