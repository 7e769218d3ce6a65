import type { DiagnosticCollector } from "./diagnostic-collector.ts";
import type { Constant, ConstantValue, Expression } from "./ast.ts";
import { decimalOf, isDecimal, nearestNumber, shifted, times } from "./decimal.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { report } from "./report.ts";
import type { Span } from "./span.ts";
import { type Token, spanOf } from "./tokens.ts";

const ID_BITS = 160n;

/** Maximum number of digits that are converted. No id has as many, and the conversion of longer texts would take too long. */
const MAX_DIGITS = 64;

/** Integers up to this one are all exact as a number (IEEE 754 binary64). */
const EXACT_MAX = 2 ** 53;

/** A unit is `factor` times a power of ten, in seconds or bits per second. */
interface Unit {
  readonly factor: number;
  readonly places: number;
}

const UNITS: ReadonlyMap<string, Unit> = new Map([
  ["us", { factor: 1, places: -6 }],
  ["ms", { factor: 1, places: -3 }],
  ["s", { factor: 1, places: 0 }],
  ["min", { factor: 60, places: 0 }],
  ["h", { factor: 3600, places: 0 }],
  ["bit", { factor: 1, places: 0 }],
  ["kbit", { factor: 1, places: 3 }],
  ["mbit", { factor: 1, places: 6 }],
  ["gbit", { factor: 1, places: 9 }],
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

const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,6})\}|([^]))/g;
const GREATEST_CODE_POINT = 0x10ffff;
const ESCAPED: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["r", "\r"],
  ["f", "\f"],
  ['"', '"'],
  ["\\", "\\"],
]);

/** Returns the value of the words `true`, `false`, `null` and `infinity`; undefined for all other texts. */
export function wordValue(text: string): ConstantValue | undefined {
  return WORDS.get(text);
}

/** Reads a lower-case name as a value: one of the four words in `WORDS`, or else a string. */
export function readWord(token: Token): Constant {
  const value = wordValue(token.image);
  return constant(token, value === undefined ? token.image : value);
}

/** Result of reading the text of a `NumberLiteral` token: the value, or the code of a diagnostic. */
export type NumberReading =
  | { readonly ok: true; readonly value: number | bigint }
  | { readonly ok: false; readonly code: "E0106" | "E0107" | "E0108" };

/**
 * Reads the text of an integer, float, id, duration or rate. The result is the number that the text denotes, or an error. All numbers in
 * programs and in fact files are read here.
 */
export function numberIn(text: string): NumberReading {
  const digits = ID.exec(text)?.[1];
  if (digits !== undefined) return idIn(digits);
  if (HEXADECIMAL.test(text)) return exactly(text, Number(text));
  const [, amount, unit = ""] = QUANTITY.exec(text) ?? [];
  const { factor, places } = UNITS.get(unit) ?? { factor: 1, places: 0 };
  if (amount === undefined || (unit !== "" && !UNITS.has(unit))) return { ok: false, code: "E0106" };
  if (isInteger(text)) return exactly(text, Number(text));
  const decimal = shifted(times(decimalOf(amount), factor), places);
  const value = nearestNumber(decimal);
  const isBeyond = unit !== "" && isInteger(amount) && value > EXACT_MAX;
  return isDecimal(value, decimal) && !isBeyond ? { ok: true, value } : { ok: false, code: "E0107" };
}

/** An integer must be exact. */
function exactly(text: string, value: number): NumberReading {
  const isExact = text.length <= MAX_DIGITS && BigInt(text) <= EXACT_MAX;
  return isExact ? { ok: true, value } : { ok: false, code: "E0107" };
}

/** Reads an integer, float, id, duration or rate. A malformed one is reported and read as 0. */
export function readNumber(token: Token, diagnostics: DiagnosticCollector): Constant {
  const reading = numberIn(token.image);
  if (reading.ok) return constant(token, reading.value);
  diagnostics.add(numberError(reading.code, token.image, spanOf(token)));
  return constant(token, reading.code === "E0108" ? 0n : 0);
}

/** Returns the diagnostic for a number that `numberIn` did not read. */
export function numberError(code: "E0106" | "E0107" | "E0108", text: string, span: Span | undefined): Diagnostic {
  if (code === "E0106") return report(code, span, { text, units: [...UNITS.keys()].join(" ") });
  if (code === "E0108") return report(code, span, { text });
  const value = Number.parseFloat(text);
  const nearest = /[a-z]$/.test(text) || value === 0 ? undefined : literalOf(value);
  return report(code, span, { text, isInteger: isInteger(text), isFinite: Number.isFinite(value), nearest });
}

/** Returns a text that is read as the number. An integer above the exact integers is written with a point. */
function literalOf(value: number): string {
  const text = String(value);
  return Number.isSafeInteger(value) || !/^\d+$/.test(text) ? text : `${text}.0`;
}

/** Removes the suffix of an OverLog integer that names its size, as in `2U`. Mosaic has only one kind of number. */
export function withoutSuffix(token: Token): Token {
  const digits = /^(0[xX][0-9a-fA-F]+|\d+)(?:[uU][lL]{0,2}|[lL]{1,2}[uU]?)$/.exec(token.image)?.[1];
  return digits === undefined ? token : { ...token, image: digits };
}

export function readString(token: Token, diagnostics: DiagnosticCollector): Constant {
  return constant(token, unquote(token, diagnostics));
}

/** Returns the value of a string literal. Unknown escape sequences are reported and kept. */
export function unquote(token: Token, diagnostics: DiagnosticCollector): string {
  const inside = token.image.slice(1, -1);
  if (!inside.includes("\\")) return inside;
  return inside.replace(ESCAPE, (escape, hex?: string, code?: string, letter?: string, at: number = 0) => {
    const digits = hex ?? code;
    const text = digits === undefined ? ESCAPED.get(letter ?? "") : characterOf(Number.parseInt(digits, 16));
    if (text === undefined) diagnostics.add(report("E0109", spanWithin(token, at + 1, escape.length), { escape }));
    return text ?? escape;
  });
}

function characterOf(codePoint: number): string | undefined {
  return codePoint > GREATEST_CODE_POINT ? undefined : String.fromCodePoint(codePoint);
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

function idIn(digits: string): NumberReading {
  const isId = digits.length <= MAX_DIGITS && BigInt(digits) >> ID_BITS === 0n;
  return isId ? { ok: true, value: BigInt(digits) } : { ok: false, code: "E0108" };
}

function isInteger(text: string): boolean {
  return HEXADECIMAL.test(text) || /^\d+$/.test(text);
}

function bytesOf(digits: string): Uint8Array {
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16),
  );
}

function constant(token: Token, value: ConstantValue): Constant {
  return { kind: "constant", value, text: token.image, span: spanOf(token) };
}
