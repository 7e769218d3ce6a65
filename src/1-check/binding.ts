import { Set as Bound } from "immutable";
import type { Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import type { Roles } from "./rule-shape.ts";
import { variablesIn } from "./visit.ts";

/** The variables that are bound at some point of a rule. */
export type BoundSet = Bound<string>;

export const noneBound: BoundSet = Bound<string>();

/** Adds what the literals bind, in whatever order they can: their order never matters. */
export function bindAll(literals: readonly Literal[], bound: BoundSet, roles: Roles): BoundSet {
  let known = bound;
  for (;;) {
    const next = literals.reduce((set, literal) => bind(literal, set, roles), known);
    if (next.size === known.size) return next;
    known = next;
  }
}

/** What is bound after the literal, given what is before; a literal that cannot run yet binds nothing. */
export function bind(literal: Literal, bound: BoundSet, roles: Roles): BoundSet {
  switch (literal.kind) {
    case "predicate":
      return literal.negated ? bound : bound.union(variablesBoundBy(literal, roles));
    case "assign":
      return isBound(literal.value, bound) ? bound.add(literal.target.name) : bound;
    case "member":
      return isBound(literal.list, bound) ? bound.union(patternVariables(literal.pattern)) : bound;
    case "condition":
      return bound;
  }
}

/** What matching the literal gives a value: plain variable arguments and its location; of a call, only what it returns. */
function variablesBoundBy(literal: PredicateLiteral, roles: Roles): readonly string[] {
  const { args, location } = literal.atom;
  const returned = args.flatMap((arg) => (arg.kind === "return" && arg.name !== undefined ? [arg.name] : []));
  if (roles.of(literal) === "call") return returned;
  const matched = args.flatMap((arg) => (arg.kind === "variable" ? [arg.name] : []));
  return location?.kind === "variable" ? [...matched, location.name] : matched;
}

/** `X <- L` binds X; `[A, [B, _]] <- L` binds A and B. */
export function patternVariables(pattern: Expression): readonly string[] {
  if (pattern.kind === "variable") return [pattern.name];
  return pattern.kind === "list" ? pattern.items.flatMap(patternVariables) : [];
}

export function isBound(expression: Expression, bound: BoundSet): boolean {
  for (const variable of variablesIn(expression)) if (!bound.has(variable.name)) return false;
  return true;
}
