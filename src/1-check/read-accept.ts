import type { AcceptDeclaration, AcceptedType, Expression } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { Name } from "../../grammar/span.ts";
import { ANYTHING } from "../../runtime/plan/values/column-type.ts";
import type { ValueType } from "../../runtime/plan/values/value-type.ts";
import { constantNumber } from "../program/constant.ts";
import type { Accept } from "../program/program.ts";
import { isTypeName, kindsOfType } from "../program/type-name.ts";

/** The word after `from` that also admits tuples whose sender is unknown. */
export const ANY_SENDER = "any";

const SENDER = "src";

/** Evaluates the types and limits of an `accept`, whose names are qualified. */
export function readAccept(statement: AcceptDeclaration): {
  readonly accept: Accept;
  readonly diagnostics: readonly Diagnostic[];
} {
  const diagnostics: Diagnostic[] = [];
  const { name, types, insert, remove, span, from, rate, rows } = statement;
  const accept: Accept = {
    name: name.text,
    types: types.map((type) => typeOf(type, diagnostics)),
    insert,
    remove,
    from: sendersOf(from),
    rate: limitOf("rate", rate, diagnostics),
    rows: limitOf("rows", rows, diagnostics),
    statement,
    span,
  };
  return { accept, diagnostics };
}

function sendersOf(from: Name | undefined): Accept["from"] {
  if (from === undefined) return "peers";
  return from.text === ANY_SENDER ? "any" : { table: from.text, span: from.span };
}

function limitOf(
  fault: "rate" | "rows",
  expression: Expression | undefined,
  diagnostics: Diagnostic[],
): number | undefined {
  if (expression === undefined) return undefined;
  const limit = constantNumber(expression);
  if (limit !== undefined && limit >= 1 && (fault === "rate" || Number.isInteger(limit))) return limit;
  diagnostics.push(report("E0299", expression.span, { fault }));
  return undefined;
}

const ANY: ValueType = { kind: "kinds", kinds: ANYTHING };

function typeOf(type: AcceptedType, diagnostics: Diagnostic[]): ValueType {
  switch (type.kind) {
    case "named":
      return namedType(type, diagnostics);
    case "list":
      return { kind: "list", item: typeOf(type.item, diagnostics) };
    case "items":
      return { kind: "items", items: type.items.map((item) => typeOf(item, diagnostics)) };
    case "bounded":
      return boundedType(type.name.text, type.bounds.map(constantNumber)) ?? wrongBounds(type, diagnostics);
  }
}

function namedType({ name: { text }, span }: AcceptedType, diagnostics: Diagnostic[]): ValueType {
  if (text === SENDER) return { kind: "sender" };
  if (isTypeName(text)) return { kind: "kinds", kinds: kindsOfType(text) };
  diagnostics.push(report("E0240", span, { name: text }));
  return ANY;
}

/** Returns the type; undefined if the bounds are not those of the type. */
function boundedType(name: string, bounds: readonly (number | undefined)[]): ValueType | undefined {
  const [low, high] = bounds;
  if (low === undefined) return undefined;
  if (name === "string") {
    return bounds.length === 1 && Number.isInteger(low) && low >= 0 ? { kind: "text", longest: low } : undefined;
  }
  const isWhole = name === "int";
  if ((!isWhole && name !== "number") || high === undefined || bounds.length > 2 || low > high) return undefined;
  return isWhole && !(isWholeBound(low) && isWholeBound(high)) ? undefined : { kind: "range", low, high, isWhole };
}

function isWholeBound(bound: number): boolean {
  return Number.isInteger(bound) || Math.abs(bound) === Infinity;
}

function wrongBounds({ name: { text }, span }: AcceptedType, diagnostics: Diagnostic[]): ValueType {
  const isKnown = isTypeName(text) || text === "int" || text === SENDER;
  diagnostics.push(isKnown ? report("E0298", span, { type: text }) : report("E0240", span, { name: text }));
  return ANY;
}
