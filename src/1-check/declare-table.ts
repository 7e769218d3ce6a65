import type { Expression, Materialize } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { TableDeclaration } from "../program/program.ts";
import { constantNumber } from "../program/constant.ts";
import { nearest } from "../program/nearest.ts";

/** Evaluates a `materialize`. Invalid limits are reported and replaced by infinity. */
export function declareTable(name: string, statement: Materialize, diagnostics: Diagnostic[]): TableDeclaration {
  return {
    name,
    lifetime: limit("lifetime", statement.lifetime, diagnostics),
    size: limit("size", statement.size, diagnostics),
    keys: statement.keys.map((key) => key.column - 1),
    keySpans: statement.keys.map((key) => key.span),
    evict: evictionOf(statement),
    span: statement.span,
  };
}

function limit(property: "lifetime" | "size", expression: Expression, diagnostics: Diagnostic[]): number {
  const value = constantNumber(expression);
  const isGood =
    value !== undefined && value > 0 && (property === "lifetime" || value === Infinity || Number.isInteger(value));
  if (isGood) return value;
  const variable = expression.kind === "variable" ? expression.name : undefined;
  const word = expression.kind === "constant" && typeof expression.value === "string" ? expression.value : "";
  diagnostics.push(report("E0211", expression.span, { property, variable, nearest: nearest(word, ["infinity"]) }));
  return Infinity;
}

function evictionOf({ evict }: Materialize): TableDeclaration["evict"] {
  if (evict === undefined || evict.policy === "fifo") return { policy: "fifo" };
  return { policy: evict.policy, column: evict.column - 1 };
}
