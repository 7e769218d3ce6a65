import type { Expression } from "../../grammar/ast.ts";
import type { CoreRule } from "../2-rewrite/core.ts";
import { expressionsOf, variablesIn } from "../program/visit.ts";

/**
 * Whether the head of a rule has a value that no row of the body holds: the result of an operator, a function, a list or an address. Rules
 * that only copy values derive finitely many rows.
 */
export function computesValues(rule: CoreRule): boolean {
  const waiting = rule.head.args.flatMap(expressionsOf);
  const visited = new Set<Expression>();
  for (const expression of waiting) {
    if (visited.has(expression)) continue;
    visited.add(expression);
    if (expression.kind === "constant" || expression.kind === "wildcard") continue;
    if (expression.kind !== "variable") {
      if (variablesIn(expression).length > 0) return true;
      continue;
    }
    for (const literal of rule.body) {
      if (literal.kind === "assign" && literal.target.name === expression.name) waiting.push(literal.value);
    }
  }
  return false;
}
