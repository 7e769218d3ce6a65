import type { Expression } from "../../grammar/ast.ts";
import type { Column, ElementMatch, Match, Operator, Strand, StrandAction } from "./strand.ts";

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

/** Returns the expressions that columns are compared with. */
export function testsOf(match: readonly Match[]): readonly Expression[] {
  return match.flatMap((one) => (one.kind === "test" ? [one.value] : []));
}

function testsOfElement(match: ElementMatch): readonly Expression[] {
  if (match.kind === "items" || match.kind === "fields") return testsOf(match.match);
  return match.kind === "equal" ? [match.value] : [];
}

/**
 * Returns the expressions of an action. `args`: the arguments of the head, except aggregates and columns that come from a winning row.
 * `others`: all other expressions.
 */
export function partsOfAction(action: StrandAction): {
  readonly args: readonly Expression[];
  readonly others: readonly Expression[];
} {
  switch (action.kind) {
    case "tuple":
      return { args: action.args, others: action.head.location === undefined ? [] : [action.head.location] };
    case "aggregate":
      return {
        args: action.columns.flatMap((column) => (column.kind === "group" ? [column.value] : [])),
        others: [
          ...action.columns.filter(({ kind }) => kind !== "group").flatMap(expressionsOfColumn),
          ...(action.head.location === undefined ? [] : [action.head.location]),
        ],
      };
    case "contribute":
      return { args: [], others: action.columns.flatMap(expressionsOfColumn) };
  }
}

function expressionsOfColumn(column: Column): readonly Expression[] {
  if (column.kind !== "aggregate") return [column.value];
  return column.operand === undefined ? [] : [column.operand];
}

/** Returns all expressions of a strand. */
export function expressionsOfStrand({ match, operators, action }: Strand): readonly Expression[] {
  const { args, others } = partsOfAction(action);
  return [...testsOf(match), ...operators.flatMap(inspectedExpressions), ...args, ...others];
}
