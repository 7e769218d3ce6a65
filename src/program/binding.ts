import type { Argument, Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import type { Roles } from "./roles.ts";
import { patternVariables } from "./pattern.ts";
import { variablesIn } from "./visit.ts";

/** Variables that are bound at some point of a rule. */
export type BoundSet = ReadonlySet<string>;

export const noneBound: BoundSet = new Set();

/** Literal that binds variables as soon as all variables that it needs are bound. */
interface Waiting {
  missing: number;
  readonly literal: Literal;
}

/** Adds the variables that the literals bind, in whatever order the literals are written. */
export function bindAll(literals: readonly Literal[], bound: BoundSet, roles: Roles): BoundSet {
  const known = new Set(bound);
  const waiting = new Map<string, Waiting[]>();
  const awake: Literal[] = [];
  const add = (literal: Literal): void => {
    for (const name of namesBoundBy(literal, known, roles)) {
      if (known.has(name)) continue;
      known.add(name);
      for (const one of waiting.get(name) ?? []) if (--one.missing === 0) awake.push(one.literal);
    }
  };
  for (const literal of literals) {
    const missing = new Set(needsOf(literal).filter((name) => !known.has(name)));
    if (missing.size === 0) add(literal);
    const one = { missing: missing.size, literal };
    for (const name of missing) {
      const others = waiting.get(name);
      if (others === undefined) waiting.set(name, [one]);
      else others.push(one);
    }
  }
  for (const literal of awake) add(literal);
  return known;
}

/** Returns the variables that must be bound before the literal can bind others. */
function needsOf(literal: Literal): readonly string[] {
  if (literal.kind !== "assign" && literal.kind !== "member") return [];
  return variablesIn(literal.kind === "assign" ? literal.value : literal.list).map(({ name }) => name);
}

/**
 * Returns the variables bound after the literal, given those bound before. A literal whose needed variables are not all bound binds
 * nothing.
 */
export function bind(literal: Literal, bound: BoundSet, roles: Roles): BoundSet {
  return withBound(bound, namesBoundBy(literal, bound, roles));
}

export function withBound(bound: BoundSet, names: readonly string[]): BoundSet {
  return names.every((name) => bound.has(name)) ? bound : new Set([...bound, ...names]);
}

function namesBoundBy(literal: Literal, bound: BoundSet, roles: Roles): readonly string[] {
  switch (literal.kind) {
    case "predicate":
      return literal.negated ? [] : variablesBoundBy(literal, roles);
    case "assign":
      return isBound(literal.value, bound) ? [literal.target.name] : [];
    case "member":
      return isBound(literal.list, bound) ? patternVariables(literal.pattern) : [];
    case "condition":
      return [];
  }
}

/** Variables that matching the literal binds: its variable arguments and its location; for a call, its returns and its outcome. */
function variablesBoundBy(literal: PredicateLiteral, roles: Roles): readonly string[] {
  const { args, location } = literal.atom;
  const isCall = roles.of(literal) === "call";
  const names: string[] = [];
  for (const arg of isCall ? [] : args) for (const name of variablesMatchedBy(arg)) names.push(name);
  for (const arg of args) if (arg.kind === "return" && arg.name !== undefined) names.push(arg.name);
  if (literal.outcome?.kind === "variable") names.push(literal.outcome.name);
  if (!isCall && location?.kind === "variable") names.push(location.name);
  return names;
}

/** Returns the variables that an argument binds when it matches a column: the argument itself, or the variables in a list or packet. */
export function variablesMatchedBy(argument: Argument): readonly string[] {
  return argument.kind === "return" || argument.kind === "aggregate" ? [] : patternVariables(argument);
}

export function isBound(expression: Expression, bound: BoundSet): boolean {
  if (expression.kind === "variable") return bound.has(expression.name);
  return variablesIn(expression).every(({ name }) => bound.has(name));
}
