import type { Argument, Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { printExpression } from "../../grammar/print.ts";
import { report } from "../../grammar/report.ts";
import { locationOf } from "../program/location-of.ts";
import { isStructure, partsOfStructure, type Structure } from "../program/pattern.ts";
import type { ProgramRule } from "../program/program.ts";
import type { Roles } from "../program/roles.ts";
import { isPredicate } from "../program/rule-shape.ts";
import { shownLiteral } from "../program/shown-text.ts";
import { expressionsOfAtom, expressionsOfLiteral, variablesIn } from "../program/visit.ts";
import { comparisonsIn, type HasMacro } from "./check-conditions.ts";
import { type Comparison, isCertain } from "./comparisons.ts";

/**
 * Reports negations that exclude a row which another literal of the body needs: `b(X), !b(X)`, and `b(X, _), !b(X, _)`. Two literals
 * at different locations, or with a view call between them, are evaluated at different times, so they do not contradict each other.
 */
export function checkDenials(rule: ProgramRule, roles: Roles, hasMacro: HasMacro): readonly Diagnostic[] {
  const literals = rule.body.filter(isPredicate);
  const denied = literals.filter(({ negated, span }) => negated && !hasMacro(span));
  if (denied.length === 0 || !isAtOneLocation(rule, literals)) return [];
  const cover = new Cover(rule, comparisonsIn(rule.body, hasMacro));
  return denied.flatMap((denial) => {
    const needed = literals.find(
      (one) => !one.negated && denies(denial, one, cover) && !isCallBetween(one, denial, rule.body, roles),
    );
    if (needed === undefined) return [];
    const facts = { denial: shownLiteral(denial), needed: shownLiteral(needed), rule: rule.name };
    return [report("E0253", denial.span, facts, [{ span: needed.span, message: "this literal needs such a row" }])];
  });
}

function isAtOneLocation({ isOverlog }: ProgramRule, literals: readonly PredicateLiteral[]): boolean {
  const locations = literals.map(({ atom }) => {
    const location = locationOf(atom);
    return location === undefined ? undefined : printExpression(location);
  });
  const named = new Set(isOverlog ? locations.filter((one) => one !== undefined) : locations);
  return named.size <= 1;
}

function denies(denial: PredicateLiteral, needed: PredicateLiteral, cover: Cover): boolean {
  const { name, args } = denial.atom;
  if (needed.isFailure || needed.atom.name.text !== name.text || needed.atom.args.length !== args.length) return false;
  return args.every((argument, column) => cover.covers(argument, needed.atom.args[column] as Argument));
}

/** Compares the arguments of a negation (the denial) with the arguments of the literal that needs a row. */
class Cover {
  readonly #known: readonly Comparison[];
  /** Number of uses of each variable in the rule. */
  readonly #uses = new Map<string, number>();

  constructor({ head, body }: ProgramRule, known: readonly Comparison[]) {
    this.#known = known;
    for (const expression of [...expressionsOfAtom(head), ...body.flatMap(expressionsOfLiteral)]) {
      for (const { name } of variablesIn(expression)) this.#count(name);
    }
    for (const { atom } of body.filter(isPredicate)) for (const argument of atom.args) this.#countOutput(argument);
  }

  #count(name: string): void {
    this.#uses.set(name, (this.#uses.get(name) ?? 0) + 1);
  }

  /** Counts the variable of an output of a view call, `&X`. */
  #countOutput(argument: Argument): void {
    if (argument.kind === "return" && argument.name !== undefined) this.#count(argument.name);
  }

  /** Whether every value that matches the argument `needed` also matches the argument `denied`. */
  covers(denied: Argument, needed: Argument): boolean {
    if (denied.kind === "wildcard" || (denied.kind === "variable" && this.#isFree(denied.name))) return true;
    if (!isValue(denied) || !isValue(needed) || needed.kind === "wildcard") return false;
    if (isStructure(denied) || isStructure(needed)) return this.#coversStructure(denied, needed);
    return isCertain(this.#known, { kind: "binary", operator: "==", left: denied, right: needed, span: denied.span });
  }

  #coversStructure(denied: Expression, needed: Expression): boolean {
    if (!isStructure(denied) || !isStructure(needed) || denied.kind !== needed.kind) return false;
    const [parts, others] = [partsOfStructure(denied), partsOfStructure(needed)];
    const isSame =
      parts.length === others.length && nameOf(denied) === nameOf(needed) && hasTail(denied) === hasTail(needed);
    return isSame && parts.every((part, at) => this.covers(part, others[at] as Expression));
  }

  /** Whether the variable has one use, so that it stands for any value. */
  #isFree(name: string): boolean {
    return this.#uses.get(name) === 1;
  }
}

/** The predicate of a packet; undefined for a list. */
function nameOf(structure: Structure): string | undefined {
  return structure.kind === "packet" ? structure.name.text : undefined;
}

function hasTail(structure: Structure): boolean {
  return structure.kind === "list" && structure.tail !== undefined;
}

function isValue(argument: Argument): argument is Expression {
  return argument.kind !== "return" && argument.kind !== "aggregate";
}

function isCallBetween(one: Literal, other: Literal, body: readonly Literal[], roles: Roles): boolean {
  const [from, to] = [body.indexOf(one), body.indexOf(other)].toSorted((a, b) => a - b) as [number, number];
  return body.slice(from, to + 1).some((literal) => isPredicate(literal) && roles.of(literal) === "call");
}
