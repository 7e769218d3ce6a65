import type { DiagnosticCollector } from "./diagnostic-collector.ts";
import type { Constant, ConstantValue, Expression } from "./ast.ts";
import { report } from "./report.ts";
import type { Span } from "./span.ts";
import { type Token, spanOf } from "./tokens.ts";

const ID_BITS = 160n;

/** Limit on the digits that are converted, above the digits of any id. Converting a longer text would take too long. */
const MAX_DIGITS = 64;

/** Conversions of each unit to seconds or bits per second. Division makes `20ms` the same double as `0.02`. */
const UNITS: ReadonlyMap<string, (amount: number) => number> = new Map([
  ["us", (amount: number) => amount / 1e6],
  ["ms", (amount: number) => amount / 1e3],
  ["s", (amount: number) => amount],
  ["min", (amount: number) => amount * 60],
  ["h", (amount: number) => amount * 3600],
  ["bit", (amount: number) => amount],
  ["kbit", (amount: number) => amount * 1e3],
  ["mbit", (amount: number) => amount * 1e6],
  ["gbit", (amount: number) => amount * 1e9],
]);

const WORDS: ReadonlyMap<string, ConstantValue> = new Map<string, ConstantValue>([
  ["true", true],
  ["false", false],
  ["null", null],
  ["infinity", Infinity],
]);

const ID = /^(0[xX][0-9a-fA-F]+|\d+)I$/;
const HEXADECIMAL = /^0[xX][0-9a-fA-F]+$/;
const QUANTITY = /^(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)([a-z]*)$/;

const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|([^]))/g;
const ESCAPED: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["r", "\r"],
  ["f", "\f"],
  ['"', '"'],
  ["\\", "\\"],
]);

/** Reads a lower-case name as a value: one of the four words in `WORDS`, or else a string. */
export function readWord(token: Token): Constant {
  const value = WORDS.get(token.image);
  return constant(token, value === undefined ? token.image : value);
}

/** Reads an integer, float, id, duration or rate. A malformed one is reported and read as 0. */
export function readNumber(token: Token, diagnostics: DiagnosticCollector): Constant {
  return constant(token, idOf(token, diagnostics) ?? numberOf(token, diagnostics));
}

export function readString(token: Token, diagnostics: DiagnosticCollector): Constant {
  return constant(token, unquote(token, diagnostics));
}

/** Returns the value of a string literal. Unknown escape sequences are reported and kept. */
export function unquote(token: Token, diagnostics: DiagnosticCollector): string {
  const inside = token.image.slice(1, -1);
  if (!inside.includes("\\")) return inside;
  return inside.replace(ESCAPE, (escape, hex: string | undefined, letter: string | undefined, at: number) => {
    const text = hex === undefined ? ESCAPED.get(letter ?? "") : String.fromCharCode(Number.parseInt(hex, 16));
    if (text === undefined) diagnostics.add(report("E0109", spanWithin(token, at + 1, escape.length), { escape }));
    return text ?? escape;
  });
}

/** Returns the span of a part of a token. For a token from a macro it is the span of the macro's use. */
function spanWithin(token: Token, at: number, length: number): Span {
  const span = spanOf(token);
  if (span.end - span.start !== token.image.length) return span;
  return { ...span, start: span.start + at, end: span.start + at + length };
}

/** Reads a bytes literal such as `b"0aff"`. A malformed one is reported and read as no bytes. */
export function readBytes(token: Token, diagnostics: DiagnosticCollector): Constant {
  const digits = token.image.slice(2, -1);
  if (/^(?:[0-9a-fA-F]{2})*$/.test(digits)) return constant(token, bytesOf(digits));
  diagnostics.add(report("E0110", spanOf(token), { text: digits }));
  return constant(token, new Uint8Array());
}

export interface NumberConstant extends Constant {
  readonly value: number;
}

export function isNumber(expression: Expression): expression is NumberConstant {
  return expression.kind === "constant" && typeof expression.value === "number" && !expression.text.startsWith("-");
}

/** Returns the negative of a number as one constant. `-0` becomes 0, because values have one zero. */
export function negated(minus: Token, number: NumberConstant): Constant {
  const { file, startOffset: start } = minus;
  const span = { file, start, end: number.span.file === file ? number.span.end : minus.end };
  return { kind: "constant", value: number.value === 0 ? 0 : -number.value, text: `-${number.text}`, span };
}

/** Reads a column number, counted from 1. An invalid one is reported and read as 1. */
export function readColumn(token: Token, diagnostics: DiagnosticCollector): number {
  const column = Number(token.image);
  if (Number.isSafeInteger(column) && column > 0) return column;
  diagnostics.add(report("E0149", spanOf(token), { text: token.image }));
  return 1;
}

/** Returns the string literal for a value, the inverse of `unquote`. */
export function quote(value: string): string {
  return `"${value.replace(/[\n\t\r\f"\\\0]/g, escapeFor)}"`;
}

function escapeFor(character: string): string {
  for (const [letter, text] of ESCAPED) if (text === character) return `\\${letter}`;
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

function idOf(token: Token, diagnostics: DiagnosticCollector): bigint | undefined {
  const digits = ID.exec(token.image)?.[1];
  if (digits === undefined) return undefined;
  if (digits.length <= MAX_DIGITS && BigInt(digits) >> ID_BITS === 0n) return BigInt(digits);
  diagnostics.add(report("E0108", spanOf(token), { text: token.image }));
  return 0n;
}

function numberOf(token: Token, diagnostics: DiagnosticCollector): number {
  const value = HEXADECIMAL.test(token.image) ? Number(token.image) : quantityOf(token.image);
  if (value === undefined) {
    diagnostics.add(report("E0106", spanOf(token), { text: token.image, units: [...UNITS.keys()].join(" ") }));
    return 0;
  }
  if (isInteger(token.image) ? isExact(token.image) : Number.isFinite(value)) return value;
  diagnostics.add(report("E0107", spanOf(token), { text: token.image, isInteger: isInteger(token.image) }));
  return 0;
}

function isInteger(text: string): boolean {
  return HEXADECIMAL.test(text) || /^\d+$/.test(text);
}

function isExact(text: string): boolean {
  return text.length <= MAX_DIGITS && BigInt(text) <= 2n ** 53n;
}

function quantityOf(text: string): number | undefined {
  const [, amount, unit] = QUANTITY.exec(text) ?? [];
  if (amount === undefined || unit === undefined) return undefined;
  return unit === "" ? Number(amount) : UNITS.get(unit)?.(Number(amount));
}

function bytesOf(digits: string): Uint8Array {
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16),
  );
}

function constant(token: Token, value: ConstantValue): Constant {
  return { kind: "constant", value, text: token.image, span: spanOf(token) };
}
