import type { Expression, Literal } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { ProgramRule } from "../program/program.ts";
import { locationOf } from "../program/location-of.ts";
import { expressionsOf, parts } from "../program/visit.ts";

/**
 * Reports each `_` of a rule that would need a value: in a location or an expression of the body or the head. A `_` that is a whole
 * argument, or stands in a pattern of `<-`, matches any value; `check-rule.ts` decides about whole arguments of heads and view calls.
 */
export function checkWildcards({ head, body }: ProgramRule): readonly Diagnostic[] {
  const inHead = head.args.flatMap(expressionsOf).flatMap(nestedWildcards);
  const ofHead = head.location === undefined ? [] : wildcards(head.location);
  return [...ofHead, ...inHead, ...body.flatMap(wildcardsIn)].map(({ span }) => report("E0248", span, {}));
}

function wildcardsIn(literal: Literal): readonly Expression[] {
  switch (literal.kind) {
    case "condition":
      return wildcards(literal.test);
    case "assign":
      return wildcards(literal.value);
    case "member":
      return wildcards(literal.list);
    case "predicate": {
      const location = locationOf(literal.atom);
      const inLocation = location === undefined ? [] : wildcards(location);
      const nested = literal.atom.args
        .filter((one) => one !== location)
        .flatMap(expressionsOf)
        .flatMap(nestedWildcards);
      return [...inLocation, ...nested];
    }
  }
}

function wildcards(expression: Expression): readonly Expression[] {
  return parts(expression).filter(({ kind }) => kind === "wildcard");
}

function nestedWildcards(expression: Expression): readonly Expression[] {
  return expression.kind === "wildcard" ? [] : wildcards(expression);
}
