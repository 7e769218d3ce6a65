/**
 * read-value: reads the text of one value outside of programs. `src/cli/files` reads the fields of fact files with it, and the
 * printer of tables asks it which strings need quotes. Literals are read by the code that reads them in programs
 * (`grammar/literals.ts` and the parser), so that a text means the same value everywhere.
 */
import type { Expression } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { numberError, numberIn, wordValue } from "../../grammar/literals.ts";
import { parse } from "../../grammar/parse.ts";
import type { Value } from "../../runtime/plan/values/value.ts";
import { asPacket } from "../program/as-packet.ts";
import { rewriteExpression } from "../program/rewrite-expression.ts";
import { constantValue } from "../program/constant-value.ts";
import { hasLiteralShape } from "./literal-shape.ts";

export type ValueReading =
  | { readonly kind: "value"; readonly value: Value }
  /** The text is no literal of the language. */
  | { readonly kind: "no literal" }
  /** The text is a literal that has no value, such as an integer that is not exact. */
  | { readonly kind: "error"; readonly message: string };

const NO_LITERAL: ValueReading = { kind: "no literal" };

/** The lookahead takes all digits at once, which prevents backtracking over a long text of digits. */
const NUMBER = /^(-?)((?=(\d+(?:\.\d+)*))\3(?:[eE][+-]\d+)?\w*)$/;

/** Number with leading zeros: a postal code or a telephone number, which would lose its zeros. */
const CODE = /^-?0\d/;

/** Beginning of a literal that needs the parser: a string, bytes, a list or an address. */
const STRUCTURED = /^(?:"|b"|\[)|^[A-Za-z][\w.]*::/;

/** Statement around a text for the parser. Because of the first argument, the parser cannot take the statement for a signature. */
const BEFORE = "value(0, ";
const AFTER = ").";

/**
 * Reads a text that is one literal: a number, an id, a word with a value, a string in quotes, bytes, a list or an address. A number
 * with leading zeros counts as no literal, although a program may write one.
 */
export function readValue(text: string): ValueReading {
  const word = wordValue(text);
  if (word !== undefined) return { kind: "value", value: word };
  if (text === "-infinity") return { kind: "value", value: -Infinity };
  const [, sign, digits] = NUMBER.exec(text) ?? [];
  if (CODE.test(text)) return NO_LITERAL;
  if (digits !== undefined) return readNumber(sign === "-", digits);
  return STRUCTURED.test(text) ? readStructured(text) : NO_LITERAL;
}

/** Reads a number. A text such as `10.0.0.1`, which is no number in a program either, is no literal. */
function readNumber(isNegative: boolean, digits: string): ValueReading {
  const reading = numberIn(digits);
  if (!reading.ok) {
    if (reading.code === "E0106") return NO_LITERAL;
    if (reading.code === "E0107" && /^\d+$/.test(digits))
      return { kind: "error", message: `an integer beyond 2^53: ${digits}` };
    return { kind: "error", message: messageOf(numberError(reading.code, digits, undefined)) };
  }
  if (!isNegative) return { kind: "value", value: reading.value };
  return typeof reading.value === "number" ? { kind: "value", value: 0 - reading.value } : NO_LITERAL;
}

function readStructured(text: string): ValueReading {
  if (!hasLiteralShape(text)) return NO_LITERAL;
  const source = { file: "value", text: `${BEFORE}${text}${AFTER}`, dialect: "mozlog" as const };
  const { tree, diagnostics } = parse(source, { defines: new Map(), load: () => undefined });
  const [statement, ...others] = tree.statements;
  if (statement?.kind !== "fact" || others.length > 0 || statement.atom.args.length !== 2) return NO_LITERAL;
  const literal = statement.atom.args[1] as Expression;
  const isWhole = literal.span.start === BEFORE.length && literal.span.end === BEFORE.length + text.length;
  if (!isWhole || !isLiteral(literal)) return NO_LITERAL;
  const [first] = diagnostics;
  if (first !== undefined)
    return first.severity === "error" ? { kind: "error", message: messageOf(first) } : NO_LITERAL;
  // No predicates are needed: the text of an encoded packet, `packet::b".."`, names none.
  const value = constantValue(rewriteExpression(literal, asPacket));
  return value === undefined ? NO_LITERAL : { kind: "value", value };
}

function isLiteral(expression: Expression): boolean {
  switch (expression.kind) {
    case "constant":
      return true;
    case "list":
      return expression.tail === undefined && expression.items.every(isLiteral);
    case "address":
      return [expression.node, ...expression.options].every(isLiteral);
    default:
      return false;
  }
}

function messageOf({ message, help }: Diagnostic): string {
  return help === undefined ? message : `${message}; ${help}`;
}
