import type { Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { ProgramRule } from "../program/program.ts";
import { locationOf } from "../program/location-of.ts";
import { computedParts } from "../program/pattern.ts";
import type { Roles } from "../program/roles.ts";
import { expressionsOf, parts } from "../program/visit.ts";

/**
 * Reports each `_` of a rule that would need a value: in a location, the head, an input of a view call, or a computed part of a pattern.
 * A `_` that is a whole argument or stands in a pattern matches any value; `check-rule.ts` decides about whole arguments of heads
 * and view calls.
 */
export function checkWildcards({ head, body }: ProgramRule, roles: Roles): readonly Diagnostic[] {
  const inHead = head.args.flatMap(expressionsOf).flatMap(nestedWildcards);
  const ofHead = head.location === undefined ? [] : wildcards(head.location);
  const inBody = body.flatMap((literal) => wildcardsIn(literal, roles));
  return [...ofHead, ...inHead, ...inBody].map(({ span }) => report("E0248", span, {}));
}

function wildcardsIn(literal: Literal, roles: Roles): readonly Expression[] {
  switch (literal.kind) {
    case "condition":
      return wildcards(literal.test);
    case "assign":
      return wildcards(literal.value);
    case "member":
      return wildcards(literal.list);
    case "predicate":
      return wildcardsInAtom(literal, roles.of(literal) === "call");
  }
}

function wildcardsInAtom({ atom }: PredicateLiteral, isCall: boolean): readonly Expression[] {
  const location = locationOf(atom);
  const inLocation = location === undefined ? [] : wildcards(location);
  const args = atom.args.filter((one) => one !== location).flatMap(expressionsOf);
  const inArgs = isCall ? args.flatMap(nestedWildcards) : args.flatMap(computedParts).flatMap(wildcards);
  return [...inLocation, ...inArgs];
}

const NONE: readonly Expression[] = [];

function wildcards(expression: Expression): readonly Expression[] {
  if (expression.kind === "variable" || expression.kind === "constant") return NONE;
  return parts(expression).filter(({ kind }) => kind === "wildcard");
}

function nestedWildcards(expression: Expression): readonly Expression[] {
  return expression.kind === "wildcard" ? [] : wildcards(expression);
}
