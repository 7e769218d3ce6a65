import type { FunctionSpec } from "../../contract/function-spec.ts";
import { SIZE_MAX } from "../../values/size.ts";
import type { Maybe, Value } from "../../values/value.ts";
import { bytesOf, isUnsigned, textOfBytes } from "./bytes.ts";
import { define, defineVariadic } from "./define.ts";

/** Widths, in bytes, of the numbers that letters of a format stand for. */
const WIDTHS: Readonly<Record<string, number>> = { "1": 1, "2": 2, "4": 4, "8": 8 };

/** Length of the longest string that can follow a length byte. */
const SHORT_MAX = 255;

/** Functions that convert values to byte strings by a format, and back. Numbers are unsigned and big-endian. */
export const packingFunctions: readonly FunctionSpec[] = [
  /**
   * f_pack(Format, X, ..): the values as bytes, one letter of the format per value. `1`, `2`, `4` and `8` write a number in 1, 2, 4 or 8
   * bytes, `s` a byte with the length of a string and then the string, `b` f_bytes of the value: f_pack("12b", 7, 80, "GET"). Fails if a
   * value does not fit, or the numbers of letters and values differ.
   */
  defineVariadic("f_pack", [1, Infinity], ["bytes"], pack),
  /**
   * f_unpack(Format, Bytes): the list of the values that f_pack wrote with the format. `b`, only as the last letter, takes all bytes that
   * are left. Fails if bytes are missing or left over, a number exceeds 2^53 - 1, or a string is not UTF-8.
   */
  define("f_unpack", 2, ["list"], unpack),
];

function pack([format, ...values]: readonly Maybe[]): Uint8Array | undefined {
  return typeof format === "string" ? packedBytes(format, values) : undefined;
}

/** Returns the result of f_pack. Undefined if a value does not fit, or the numbers of letters and values differ. */
export function packedBytes(format: string, values: readonly Maybe[]): Uint8Array | undefined {
  if (format.length !== values.length) return undefined;
  const parts = values.map((value, at) => partOf(format[at] as string, value));
  let size = 0;
  for (const part of parts) {
    if (part === undefined) return undefined;
    size += part.size;
  }
  return size <= SIZE_MAX ? joined(parts as readonly Part[], size) : undefined;
}

/** Output of one letter: bytes, or a number that takes `size` bytes. */
interface Part {
  readonly size: number;
  readonly content: Uint8Array | number;
}

function partOf(letter: string, value: Maybe): Part | undefined {
  const width = WIDTHS[letter];
  if (width !== undefined) return isUnsigned(value, width) ? { size: width, content: value } : undefined;
  const content = letter === "b" ? bytesOf(value) : letter === "s" ? shortText(value) : undefined;
  return content && { size: content.length, content };
}

function joined(parts: readonly Part[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const { size: length, content } of parts) {
    if (typeof content === "number") writeNumber(bytes, at, length, content);
    else bytes.set(content, at);
    at += length;
  }
  return bytes;
}

function writeNumber(bytes: Uint8Array, at: number, width: number, value: number): void {
  let left = value;
  for (let byte = at + width - 1; byte >= at; byte--) {
    bytes[byte] = left % 256;
    left = Math.floor(left / 256);
  }
}

function shortText(text: Maybe): Uint8Array | undefined {
  if (typeof text !== "string") return undefined;
  const bytes = new TextEncoder().encode(text);
  return bytes.length <= SHORT_MAX ? Uint8Array.from([bytes.length, ...bytes]) : undefined;
}

/** Value that was read, and the position after its bytes. */
interface Unpacked {
  readonly value: Value;
  readonly end: number;
}

function unpack(format: Maybe, bytes: Maybe): Maybe {
  if (typeof format !== "string" || !(bytes instanceof Uint8Array)) return undefined;
  // Only the last letter may be `b`, which may take no bytes. Every other letter takes at least one byte.
  if (format.length > bytes.length + 1 || format.slice(0, -1).includes("b")) return undefined;
  const values: Value[] = [];
  let at = 0;
  for (const letter of format) {
    const unpacked = unpackOne(letter, bytes, at);
    if (unpacked === undefined) return undefined;
    values.push(unpacked.value);
    at = unpacked.end;
  }
  return at === bytes.length ? values : undefined;
}

function unpackOne(letter: string, bytes: Uint8Array, at: number): Unpacked | undefined {
  if (letter === "b") return { value: bytes.slice(at), end: bytes.length };
  if (letter === "s") return shortTextAt(bytes, at);
  const width = WIDTHS[letter];
  if (width === undefined || at + width > bytes.length) return undefined;
  const number = bytes.subarray(at, at + width).reduce((sum, byte) => sum * 256 + byte, 0);
  return Number.isSafeInteger(number) ? { value: number, end: at + width } : undefined;
}

function shortTextAt(bytes: Uint8Array, at: number): Unpacked | undefined {
  const end = at + 1 + (bytes[at] ?? SHORT_MAX);
  const text = end <= bytes.length ? textOfBytes(bytes.subarray(at + 1, end)) : undefined;
  return text === undefined ? undefined : { value: text, end };
}
