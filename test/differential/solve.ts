/** Bodies of the naive evaluator: all solutions, by trying each combination of rows and list elements. */
import type { Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import type { Ambient } from "../../runtime/plan/contract/function-spec.ts";
import { isTrue } from "../../runtime/plan/library/operators/operators.ts";
import { equal, type Values, type Value } from "../../runtime/plan/values/value.ts";
import { patternVariables } from "../../src/program/pattern.ts";
import { expressionsOfLiteral, variablesIn } from "../../src/program/visit.ts";
import { type Bindings, evaluate } from "./evaluate.ts";

/** Input of a body: the rows of each table, and the node's clock and randomness. */
export interface Facts {
  rows(table: string): readonly Values[];
  readonly ambient: Ambient;
}

/** Returns all solutions of a body, by trying each combination of rows and list elements. */
export function solve(body: readonly Literal[], bindings: Bindings, facts: Facts): readonly Bindings[] {
  if (body.length === 0) return [bindings];
  const next = body.find((literal) => canRun(literal, body, bindings));
  if (next === undefined) throw new Error("no literal of the body can run: some variable is never bound");
  const rest = body.filter((literal) => literal !== next);
  return hold(next, bindings, facts).flatMap((extended) => solve(rest, extended, facts));
}

/**
 * Normalises a body: `p(X + 1)` becomes `p(New), New := X + 1`, for whichever is bound first, and `_` becomes a variable, so
 * that a solution determines the rows. `piece` distinguishes the new variables of the pieces of a rule.
 */
export function withPlainArguments(body: readonly Literal[], piece = 0): readonly Literal[] {
  const apart: Literal[] = [];
  let wildcards = 0;
  const plain = body.map((literal): Literal => {
    if (literal.kind !== "predicate") return literal;
    const args = literal.atom.args.map((argument) => {
      const { span } = argument;
      if (argument.kind === "wildcard" && !literal.negated)
        return { kind: "variable", name: `any ${piece}.${wildcards++}`, span } as const;
      if (["variable", "wildcard", "constant"].includes(argument.kind)) return argument;
      const target = { kind: "variable", name: `new ${piece}.${apart.length}`, span } as const;
      apart.push({ kind: "assign", target, value: argument as Expression, span });
      return target;
    });
    return { ...literal, atom: { ...literal.atom, args } };
  });
  return [...plain, ...apart];
}

/** Matches one tuple with the arguments of a literal: one solution or none. */
export function match(
  args: readonly Expression[],
  tuple: Values,
  bindings: Bindings,
  ambient: Ambient,
): readonly Bindings[] {
  if (args.length !== tuple.length) return [];
  let extended = bindings;
  for (const [column, argument] of args.entries()) {
    const value = tuple[column] as Value;
    if (argument.kind === "wildcard") continue;
    if (argument.kind === "variable" && !extended.has(argument.name)) {
      extended = new Map([...extended, [argument.name, value]]);
      continue;
    }
    const expected = evaluate(argument, extended, ambient);
    if (expected === undefined || !equal(expected, value)) return [];
  }
  return [extended];
}

export function argumentsOf(literal: PredicateLiteral): readonly Expression[] {
  return literal.atom.args as readonly Expression[];
}

function hold(literal: Literal, bindings: Bindings, facts: Facts): readonly Bindings[] {
  const valueOf = (part: Expression): Value | undefined => evaluate(part, bindings, facts.ambient);
  switch (literal.kind) {
    case "condition":
      return isTrue(valueOf(literal.test)) === true ? [bindings] : [];
    case "assign":
      return matchValue(literal.target, valueOf(literal.value), bindings, facts.ambient);
    case "member": {
      const list = valueOf(literal.list);
      if (!Array.isArray(list)) return [];
      return (list as Values).flatMap((element) => matchValue(literal.pattern, element, bindings, facts.ambient));
    }
    case "predicate": {
      const solutions = facts
        .rows(literal.atom.name.text)
        .flatMap((row) => match(argumentsOf(literal), row, bindings, facts.ambient));
      if (!literal.negated) return solutions;
      return solutions.length === 0 ? [bindings] : [];
    }
  }
}

/** Matches a value with a pattern: a variable, `_`, a list of patterns, or an expression that must equal the value. */
function matchValue(
  pattern: Expression,
  value: Value | undefined,
  bindings: Bindings,
  ambient: Ambient,
): readonly Bindings[] {
  if (value === undefined) return [];
  if (pattern.kind !== "list") return match([pattern], [value], bindings, ambient);
  if (!Array.isArray(value) || value.length !== pattern.items.length) return [];
  let solutions: readonly Bindings[] = [bindings];
  for (const [at, item] of pattern.items.entries()) {
    solutions = solutions.flatMap((solution) => matchValue(item, value[at] as Value, solution, ambient));
  }
  return solutions;
}

function canRun(literal: Literal, body: readonly Literal[], bindings: Bindings): boolean {
  const isKnown = (expression: Expression): boolean =>
    [...variablesIn(expression)].every((variable) => bindings.has(variable.name));
  switch (literal.kind) {
    case "condition":
      return isKnown(literal.test);
    case "assign":
      return isKnown(literal.value);
    case "member":
      return isKnown(literal.list);
    case "predicate":
      return !literal.negated || !awaits(literal, body, bindings);
  }
}

/** Whether a negation can be evaluated: other literals bind its variables. A variable of no other literal is any value. */
function awaits(negation: PredicateLiteral, body: readonly Literal[], bindings: Bindings): boolean {
  const others = new Set(body.filter((literal) => literal !== negation).flatMap(bound));
  const own = expressionsOfLiteral(negation).flatMap((expression) => [...variablesIn(expression)]);
  return own.some(({ name }) => !bindings.has(name) && others.has(name));
}

/** Returns the variables that a literal binds. */
function bound(literal: Literal): readonly string[] {
  switch (literal.kind) {
    case "predicate":
      return literal.negated
        ? []
        : literal.atom.args.flatMap((argument) => (argument.kind === "variable" ? [argument.name] : []));
    case "assign":
      return [literal.target.name];
    case "member":
      return patternVariables(literal.pattern);
    case "condition":
      return [];
  }
}

/** Returns the assignments and conditions of a body that need only bound variables and each other. */
export function literalsOf(body: readonly Literal[], bindings: Bindings): readonly Literal[] {
  const known = new Map(bindings);
  const scalars = body.filter((literal) => literal.kind === "assign" || literal.kind === "condition");
  const ready = scalars.filter((literal) => canRun(literal, body, known));
  for (const literal of ready) if (literal.kind === "assign") known.set(literal.target.name, null);
  return known.size === bindings.size ? ready : literalsOf(body, known);
}
