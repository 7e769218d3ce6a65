import type { Expression } from "../../grammar/ast.ts";
import type { ElementMatch, Match, Operator } from "./strand.ts";

/** Returns the expressions that an operator evaluates. */
export function inspectedExpressions(operator: Operator): readonly Expression[] {
  switch (operator.kind) {
    case "get":
    case "join":
    case "absent":
      return [...operator.key, ...testsOf(operator.match)];
    case "select":
      return [operator.test];
    case "assign":
      return [operator.value];
    case "unnest":
      return [operator.list, ...testsOfElement(operator.match)];
  }
}

/** Returns the values with which columns are compared. */
export function testsOf(match: readonly Match[]): readonly Expression[] {
  return match.flatMap((one) => (one.kind === "test" ? [one.value] : []));
}

function testsOfElement(match: ElementMatch): readonly Expression[] {
  if (match.kind === "items" || match.kind === "fields") return testsOf(match.match);
  return match.kind === "equal" ? [match.value] : [];
}
