import type { Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import { printExpression } from "../../grammar/print.ts";
import { patternVariables } from "../program/pattern.ts";
import { isPredicate } from "../program/rule-shape.ts";
import { variablesIn } from "../program/visit.ts";
import type { ExpandedRule } from "./expanded-rule.ts";
import { locationOf } from "../program/location-of.ts";

/** Start of a rule: the location at which its evaluation begins, and its event. */
export interface Start {
  /** Undefined if no literal names the location. */
  readonly location: Expression | undefined;
  /** The event that triggers the rule, if one does. */
  readonly event: PredicateLiteral | undefined;
  /** Whether some literal of the body is at another location. */
  readonly isDivided: boolean;
}

/**
 * Returns the start of a rule: the location of its event or, without an event, of its first literal. Literals without a location are at
 * the start. A location variable that no other literal binds stands for the address of this node, so its literal is at the start, too.
 */
export function ruleStart(rule: ExpandedRule, isTable: (name: string) => boolean): Start {
  const literals = rule.body.filter(isPredicate);
  const positive = literals.filter((literal) => !literal.negated);
  const event = rule.trigger?.literal ?? positive.find(({ atom }) => !isTable(atom.name.text));
  const all = rule.trigger === undefined ? literals : [rule.trigger.literal, ...literals];
  const first = event ?? positive[0];
  const location = (first && locationOf(first.atom)) ?? unboundLocation(rule, all);
  const isDivided = all.some(({ atom }) => {
    const other = locationOf(atom);
    return other !== undefined && (location === undefined || !isSameLocation(other, location));
  });
  return { location, event, isDivided };
}

/** Returns the first location variable that cannot be bound by literals without a location and literals at variables bound so far. */
function unboundLocation(rule: ExpandedRule, literals: readonly PredicateLiteral[]): Expression | undefined {
  let left = literals.filter(isAtVariable);
  if (left.length === 0) return undefined;
  const known = new Set<string>();
  const others = rule.body.filter((literal) => !isPredicate(literal));
  for (const literal of literals) if (!left.includes(literal)) bind(literal, known);
  for (let size = -1; size !== known.size; ) {
    size = known.size;
    for (const literal of others) if (inputsOf(literal).every((name) => known.has(name))) bind(literal, known);
    const [reached, unknown] = [true, false].map((is) =>
      left.filter((literal) => known.has(variableOf(literal)) === is),
    );
    for (const literal of reached ?? []) bind(literal, known);
    left = unknown ?? [];
  }
  const isBoundElsewhere = (location: string): boolean =>
    left.some((literal) => variableOf(literal) !== location && boundBy(literal).includes(location));
  const home = left.find((literal) => !isBoundElsewhere(variableOf(literal))) ?? left[0];
  return home && locationOf(home.atom);
}

function isAtVariable({ atom }: PredicateLiteral): boolean {
  return locationOf(atom)?.kind === "variable";
}

function variableOf({ atom }: PredicateLiteral): string {
  const location = locationOf(atom);
  return location?.kind === "variable" ? location.name : "";
}

function bind(literal: Literal, known: Set<string>): void {
  for (const name of boundBy(literal)) known.add(name);
}

function boundBy(literal: Literal): readonly string[] {
  switch (literal.kind) {
    case "assign":
      return [literal.target.name];
    case "member":
      return patternVariables(literal.pattern);
    case "condition":
      return [];
    case "predicate":
      if (literal.negated) return [];
      return literal.atom.args.flatMap((argument) => (argument.kind === "variable" ? [argument.name] : []));
  }
}

function inputsOf(literal: Literal): readonly string[] {
  if (literal.kind !== "assign" && literal.kind !== "member") return [];
  return variablesIn(literal.kind === "assign" ? literal.value : literal.list).map(({ name }) => name);
}

/** Whether both expressions are the same variable or print the same text. */
export function isSameLocation(one: Expression, other: Expression): boolean {
  if (one.kind === "variable" && other.kind === "variable") return one.name === other.name;
  return one.kind === other.kind && printExpression(one) === printExpression(other);
}
