import type { Expression } from "../../grammar/ast.ts";
import type { CoreRule } from "../2-rewrite/core.ts";
import { expressionsOf, parts } from "../program/visit.ts";
import { drawsValue } from "./draws-value.ts";

/**
 * Whether the head of a rule may have a value that is in no body row: the result of an operator or function, a list or an address. Rules
 * that only copy values can derive only finitely many rows.
 */
export function computesValues(rule: CoreRule): boolean {
  const assigned = (name: string): readonly Expression[] =>
    rule.body.flatMap((literal) => (literal.kind === "assign" && literal.target.name === name ? [literal.value] : []));
  return isComputed(rule.head.args.flatMap(expressionsOf), assigned);
}

/** Whether one of the expressions has a computed value. `sourcesOf` returns the expressions that give a variable its value. */
export function isComputed(
  expressions: readonly Expression[],
  sourcesOf: (variable: string) => readonly Expression[],
): boolean {
  const waiting = [...expressions];
  const visited = new Set<Expression>();
  for (const expression of waiting) {
    if (visited.has(expression)) continue;
    visited.add(expression);
    if (expression.kind === "variable") for (const source of sourcesOf(expression.name)) waiting.push(source);
    else if (parts(expression).some((part) => part.kind === "variable" || drawsValue(part))) return true;
  }
  return false;
}
