import type { Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import { type BoundSet, isBound, patternVariables, withBound } from "../program/binding.ts";
import { isImpure } from "../program/impure.ts";
import { isPredicate } from "../program/rule-shape.ts";
import { expressionsOfLiteral, parts, variablesIn } from "../program/visit.ts";
import { LOCAL_ADDRESS_FUNCTION } from "../2-rewrite/core.ts";

/** Impure functions that give the same value all through a step. */
const CONSTANT_IN_STEP: ReadonlySet<string> = new Set(["f_now", "f_src", LOCAL_ADDRESS_FUNCTION]);

/** The literals in the order they are evaluated; each can run with what those before it have bound. */
export function orderBody(
  body: readonly Literal[],
  bound: BoundSet,
  keysOf: KeysOf,
  neededFirst: ReadonlySet<string>,
): readonly Literal[] {
  const ordered: Literal[] = [];
  let waiting = [...body];
  let known = bound;
  while (waiting.length > 0) {
    const next = nextLiteral(waiting, known, keysOf, neededFirst);
    ordered.push(next);
    waiting = waiting.filter((literal) => literal !== next);
    known = withBound(known, boundBy(next));
  }
  return ordered;
}

/** The key columns of a table: a join that knows them all finds one row at most. */
export type KeysOf = (table: string) => readonly number[];

/**
 * Tests and values as soon as they can be, then negations, then the join that knows most; the text's order breaks ties.
 * What is drawn by chance is drawn once a derivation, behind all joins that do not need it.
 */
function nextLiteral(
  waiting: readonly Literal[],
  bound: BoundSet,
  keysOf: KeysOf,
  neededFirst: ReadonlySet<string>,
): Literal {
  const ready = waiting.find(
    (literal) => isScalarReady(literal, bound) && (!isRandom(literal) || !canDefer(literal, waiting, neededFirst)),
  );
  if (ready !== undefined) return ready;
  const absent = waiting.find((literal) => isNegation(literal) && isNegationReady(literal, waiting, bound));
  if (absent !== undefined) return absent;
  const joins = waiting.filter(isPredicate).filter((literal) => !literal.negated && canJoin(literal, bound));
  const lists = waiting.filter((literal) => literal.kind === "member" && isBound(literal.list, bound));
  const best = [...joins, ...lists].sort((a, b) => cost(a, bound, keysOf) - cost(b, bound, keysOf))[0];
  if (best !== undefined) return best;
  throw new Error(`nothing of ${waiting.length} literals can run: the checks let an unbound variable pass`);
}

function isScalarReady(literal: Literal, bound: BoundSet): boolean {
  if (literal.kind === "condition") return isBound(literal.test, bound);
  return literal.kind === "assign" && isBound(literal.value, bound);
}

/** Functions that give another value each time they are asked. */
function isRandom(literal: Literal): boolean {
  return expressionsOfLiteral(literal)
    .flatMap((whole) => parts(whole))
    .some((part) => isImpure(part) && !(part.kind === "call" && CONSTANT_IN_STEP.has(part.name.text)));
}

/** Whether joins are left, and none of what is left but tests and values needs what the literal gives. */
function canDefer(literal: Literal, waiting: readonly Literal[], neededFirst: ReadonlySet<string>): boolean {
  const joins = waiting.filter((other) => other.kind === "predicate" || other.kind === "member");
  if (joins.length === 0) return false;
  const given = valuesFrom(literal, waiting);
  if ([...given].some((name) => neededFirst.has(name))) return false;
  return !joins.flatMap(expressionsOfLiteral).some((whole) => variablesIn(whole).some(({ name }) => given.has(name)));
}

/** What the literal gives, and what is worked out from it. */
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

/** A negation waits for every variable that something else will bind. */
function isNegationReady(negation: PredicateLiteral, waiting: readonly Literal[], bound: BoundSet): boolean {
  const later = waiting.filter((literal) => !isNegation(literal)).flatMap(variablesOf);
  const own = variablesOf(negation);
  return own.every((name) => bound.has(name) || !later.includes(name));
}

/** Computed arguments must be computable. */
function canJoin(literal: PredicateLiteral, bound: BoundSet): boolean {
  return literal.atom.args.every((argument) => {
    if (argument.kind === "return" || argument.kind === "aggregate") return true;
    return argument.kind === "variable" || argument.kind === "wildcard" || isBound(argument, bound);
  });
}

function cost(literal: Literal, bound: BoundSet, keysOf: KeysOf): number {
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

/** What is known after the literal; a negation only says that something is not there. */
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
