import type { Expression, PredicateLiteral } from "../../grammar/ast.ts";
import { printExpression } from "../../grammar/print.ts";
import { isPredicate } from "../1-check/rule-shape.ts";
import type { ExpandedRule } from "./expand-views.ts";
import { placeOf } from "./place-of.ts";

/** Where a rule begins. */
export interface Start {
  /** Undefined when no literal there says where it is. */
  readonly place: Expression | undefined;
  /** The event that runs the rule, when one does. */
  readonly event: PredicateLiteral | undefined;
  /** Some literal of the body is at another place. */
  readonly isDivided: boolean;
}

/**
 * The place of the event, or of the first literal. Literals without a location are where the rule begins. So are those at
 * a variable that nothing there binds: then it is this node's address.
 */
export function placesOf(rule: ExpandedRule, isTable: (name: string) => boolean): Start {
  const literals = rule.body.filter(isPredicate);
  const positive = literals.filter((literal) => !literal.negated);
  const event = rule.trigger?.literal ?? positive.find(({ atom }) => !isTable(atom.name.text));
  const all = rule.trigger === undefined ? literals : [rule.trigger.literal, ...literals];
  const first = event ?? positive[0];
  const place = (first && placeOf(first.atom)) ?? unboundPlace(all);
  const isDivided = all.some(({ atom }) => {
    const other = placeOf(atom);
    return other !== undefined && (place === undefined || !isSamePlace(other, place));
  });
  return { place, event, isDivided };
}

function unboundPlace(literals: readonly PredicateLiteral[]): Expression | undefined {
  const here = literals.filter(({ atom }) => placeOf(atom) === undefined);
  const bound = new Set(
    here.flatMap(({ atom }) => atom.args.flatMap((argument) => (argument.kind === "variable" ? [argument.name] : []))),
  );
  return literals
    .flatMap(({ atom }) => placeOf(atom) ?? [])
    .find((place) => place.kind === "variable" && !bound.has(place.name));
}

/** The same variable, or the same text. */
export function isSamePlace(one: Expression, other: Expression): boolean {
  if (one.kind === "variable" && other.kind === "variable") return one.name === other.name;
  return one.kind === other.kind && printExpression(one) === printExpression(other);
}
