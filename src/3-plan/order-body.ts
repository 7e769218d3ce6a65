import type { Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import { type BoundSet, isBound, withBound } from "../program/binding.ts";
import { onlyItem, patternVariables } from "../program/pattern.ts";
import { isPredicate } from "../program/rule-shape.ts";
import { expressionsOfLiteral, parts, variablesIn } from "../program/visit.ts";
import { drawsValue } from "./draws-value.ts";

/** Returns the literals in evaluation order; each can run with the variables bound before it. */
export function orderBody(
  body: readonly Literal[],
  bound: BoundSet,
  tables: TableFacts,
  neededFirst: ReadonlySet<string>,
): readonly Literal[] {
  const ordered: Literal[] = [];
  let waiting = [...body];
  let known = bound;
  while (waiting.length > 0) {
    const next = nextLiteral(waiting, known, tables, neededFirst);
    ordered.push(next);
    waiting = waiting.filter((literal) => literal !== next);
    known = withBound(known, boundBy(next));
  }
  return ordered;
}

/** The tables, as far as the order depends on them. */
export interface TableFacts {
  /** Key columns of a table. A join with all of them bound finds at most one row. */
  readonly keysOf: (table: string) => readonly number[];
  /** Whether the table holds the contexts of calls. */
  readonly isContext: (table: string) => boolean;
}

/**
 * Chooses the next literal: the context of a call, since its answer may be for another rule; then tests and assignments as early as
 * possible, then negations, then the most selective join; ties follow the text. Calls with random
 * results come after all joins that do not need them: once per derivation.
 */
function nextLiteral(
  waiting: readonly Literal[],
  bound: BoundSet,
  { keysOf, isContext }: TableFacts,
  neededFirst: ReadonlySet<string>,
): Literal {
  const context = waiting.find(
    (literal) => isPredicate(literal) && isContext(literal.atom.name.text) && cost(literal, bound, keysOf) === 0,
  );
  if (context !== undefined) return context;
  const ready = waiting.find(
    (literal) =>
      isScalarReady(literal, bound) &&
      (!isRandom(literal) || !canDefer(literal, waiting, neededFirst)) &&
      (!seals(literal) || isNeededFirst(literal, waiting, neededFirst)),
  );
  if (ready !== undefined) return ready;
  const absent = waiting.find((literal) => isNegation(literal) && isNegationReady(literal, waiting, bound));
  if (absent !== undefined) return absent;
  const joins = waiting.filter(isPredicate).filter((literal) => !literal.negated && canJoin(literal, bound));
  const lists = waiting.filter((literal) => literal.kind === "member" && isBound(literal.list, bound));
  const best = [...joins, ...lists].sort((a, b) => cost(a, bound, keysOf) - cost(b, bound, keysOf))[0];
  if (best !== undefined) return best;
  // Nonces are used up only by derivations that pass all other literals.
  const sealing = waiting.find((literal) => isScalarReady(literal, bound));
  if (sealing !== undefined) return sealing;
  throw new Error(`none of ${waiting.length} literals can run: the checks accepted an unbound variable`);
}

function isScalarReady(literal: Literal, bound: BoundSet): boolean {
  if (literal.kind === "condition") return isBound(literal.test, bound);
  if (literal.kind === "member") return onlyItem(literal.list) !== undefined && isBound(literal.list, bound);
  return literal.kind === "assign" && isBound(literal.value, bound);
}

/** Whether the literal calls a function whose result differs between calls. */
function isRandom(literal: Literal): boolean {
  return expressionsOfLiteral(literal)
    .flatMap((expression) => parts(expression))
    .some(drawsValue);
}

function seals(literal: Literal): boolean {
  return expressionsOfLiteral(literal)
    .flatMap((expression) => parts(expression))
    .some((part) => part.kind === "call" && part.name.text === "f_seal");
}

/** Whether values that are computed from the literal must be bound before the joins. */
function isNeededFirst(literal: Literal, waiting: readonly Literal[], neededFirst: ReadonlySet<string>): boolean {
  return [...valuesFrom(literal, waiting)].some((name) => neededFirst.has(name));
}

/** Whether joins remain and none of them needs the values that the literal binds. */
function canDefer(literal: Literal, waiting: readonly Literal[], neededFirst: ReadonlySet<string>): boolean {
  const joins = waiting.filter((other) => other.kind === "predicate" || other.kind === "member");
  if (joins.length === 0) return false;
  const given = valuesFrom(literal, waiting);
  if (isNeededFirst(literal, waiting, neededFirst)) return false;
  return !joins
    .flatMap(expressionsOfLiteral)
    .some((expression) => variablesIn(expression).some(({ name }) => given.has(name)));
}

/** Returns the variables that the literal binds, and those that assignments compute from them. */
function valuesFrom(literal: Literal, waiting: readonly Literal[]): ReadonlySet<string> {
  const given = new Set(literal.kind === "assign" ? [literal.target.name] : []);
  for (let size = -1; size !== given.size; ) {
    size = given.size;
    for (const other of waiting) {
      if (other.kind !== "assign" || !variablesIn(other.value).some(({ name }) => given.has(name))) continue;
      given.add(other.target.name);
    }
  }
  return given;
}

function isNegation(literal: Literal): literal is PredicateLiteral {
  return literal.kind === "predicate" && literal.negated;
}

/** Whether all variables of the negation are bound that other literals will bind. */
function isNegationReady(negation: PredicateLiteral, waiting: readonly Literal[], bound: BoundSet): boolean {
  const later = waiting.filter((literal) => !isNegation(literal)).flatMap(variablesOf);
  const own = variablesOf(negation);
  return own.every((name) => bound.has(name) || !later.includes(name));
}

/** Whether the variables of all computed arguments are bound. */
function canJoin(literal: PredicateLiteral, bound: BoundSet): boolean {
  return literal.atom.args.every((argument) => {
    if (argument.kind === "return" || argument.kind === "aggregate") return true;
    return argument.kind === "variable" || argument.kind === "wildcard" || isBound(argument, bound);
  });
}

function cost(literal: Literal, bound: BoundSet, keysOf: TableFacts["keysOf"]): number {
  if (literal.kind !== "predicate") return 2;
  const { atom } = literal;
  const isKnown = (column: number): boolean => {
    const argument = atom.args[column];
    return argument !== undefined && isKnownArgument(argument as Expression, bound);
  };
  const keys = keysOf(atom.name.text);
  if (keys.length > 0 && keys.every(isKnown)) return 0;
  return atom.args.some((_, column) => isKnown(column)) ? 1 : 3;
}

function isKnownArgument(argument: Expression, bound: BoundSet): boolean {
  return argument.kind !== "wildcard" && isBound(argument, bound);
}

/** Returns the variables that the literal binds; a negation binds none. */
export function boundBy(literal: Literal): readonly string[] {
  return isNegation(literal) ? [] : variablesOf(literal);
}

function variablesOf(literal: Literal): readonly string[] {
  switch (literal.kind) {
    case "predicate":
      return literal.atom.args.flatMap((argument) => (argument.kind === "variable" ? [argument.name] : []));
    case "assign":
      return [literal.target.name];
    case "member":
      return patternVariables(literal.pattern);
    case "condition":
      return [];
  }
}
