import type { FunctionSpec } from "../../contract/function-spec.ts";
import { SIZE_MAX } from "../../values/size.ts";
import type { Maybe, Value } from "../../values/value.ts";
import { bytesOf, isUnsigned, textOfBytes } from "./bytes.ts";
import { define, defineVariadic } from "./define.ts";

/** Widths of the letters of a format that stand for numbers, in bytes. */
const WIDTHS: Readonly<Record<string, number>> = { "1": 1, "2": 2, "4": 4, "8": 8 };

/** Longest string behind a length byte. */
const SHORT_MAX = 255;

/** Functions that convert values to byte strings by a format, and back. Numbers are unsigned and big-endian. */
export const packingFunctions: readonly FunctionSpec[] = [
  /**
   * f_pack(Format, X, ..): the values as bytes, one letter of the format per value. `1`, `2`, `4` and `8` write a number in so many bytes,
   * `s` a string behind a byte with its length, `b` f_bytes of the value: f_pack("12b", 7, 80, "GET"). Fails if a value does not fit, or
   * the counts differ.
   */
  defineVariadic("f_pack", [1, Infinity], ["bytes"], pack),
  /**
   * f_unpack(Format, Bytes): the list of the values that f_pack wrote with the format. `b`, only as the last letter, takes all bytes that
   * are left. Fails if bytes are missing or left over, a number exceeds 2^53 - 1, or a string is not UTF-8.
   */
  define("f_unpack", 2, ["list"], unpack),
];

function pack([format, ...values]: readonly Maybe[]): Uint8Array | undefined {
  if (typeof format !== "string" || format.length !== values.length) return undefined;
  const parts = values.map((value, at) => packed(format[at] as string, value));
  if (!parts.every((part) => part !== undefined)) return undefined;
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  return size <= SIZE_MAX ? Uint8Array.from(Buffer.concat(parts)) : undefined;
}

function packed(letter: string, value: Maybe): Uint8Array | undefined {
  if (letter === "b") return bytesOf(value);
  if (letter === "s") return typeof value === "string" ? shortText(value) : undefined;
  const width = WIDTHS[letter];
  if (width === undefined || !isUnsigned(value, width)) return undefined;
  return Uint8Array.from({ length: width }, (_, at) => Math.floor(value / 256 ** (width - 1 - at)) % 256);
}

function shortText(text: string): Uint8Array | undefined {
  const bytes = new TextEncoder().encode(text);
  return bytes.length <= SHORT_MAX ? Uint8Array.from([bytes.length, ...bytes]) : undefined;
}

/** A value that was read, and the position behind it. */
interface Unpacked {
  readonly value: Value;
  readonly end: number;
}

function unpack(format: Maybe, bytes: Maybe): Maybe {
  if (typeof format !== "string" || !(bytes instanceof Uint8Array)) return undefined;
  // The rest is one value. Before it each letter takes a byte or more.
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
