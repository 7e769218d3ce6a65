import type { Expression, Literal } from "../../grammar/ast.ts";
import { isPredicate } from "../program/rule-shape.ts";
import { variablesIn } from "../program/visit.ts";
import type { CoreRule } from "./core.ts";

/**
 * Whether a `min` over its own stratum is monotone: its value only decreases while the stratum is evaluated. This holds if rules use the
 * cost and its copies only in sums and differences with other values, in `f_max` and `f_min`, in comparisons with an upper bound, and in
 * further aggregates. A `max` is never proved monotone.
 */
export function isMonotone(aggregate: CoreRule, tables: ReadonlySet<string>, rules: readonly CoreRule[]): boolean {
  const column = aggregate.head.args.findIndex((argument) => argument.kind === "aggregate");
  const head = aggregate.head.args[column];
  if (head?.kind !== "aggregate" || head.function !== "min" || head.operand?.kind !== "variable") return false;
  const costs = costColumns(aggregate.head.name.text, column, tables, rules);
  return rules.every((rule) => keepsOrder(rule, costs));
}

/** Returns the cost column of each table that gets the cost, as a copy or as part of a sum, difference, minimum or maximum. */
export function costColumns(
  table: string,
  column: number,
  tables: ReadonlySet<string>,
  rules: readonly CoreRule[],
): ReadonlyMap<string, number> {
  const costs = new Map([[table, column]]);
  for (let size = 0; size !== costs.size; ) {
    size = costs.size;
    for (const rule of rules) {
      const derived = costVariables(rule, costs);
      const at = rule.head.args.findIndex((argument) => argument.kind === "variable" && derived.has(argument.name));
      if (at >= 0 && tables.has(rule.head.name.text) && !costs.has(rule.head.name.text)) {
        costs.set(rule.head.name.text, at);
      }
    }
  }
  return costs;
}

/** Returns the variables that grow with the costs that the rule reads. */
function costVariables(rule: CoreRule, costs: ReadonlyMap<string, number>): Set<string> {
  const found = new Set<string>();
  for (const literal of rule.body.filter(isPredicate)) {
    const argument = literal.atom.args[costs.get(literal.atom.name.text) ?? -1];
    if (argument?.kind === "variable") found.add(argument.name);
  }
  for (const literal of [...rule.body, ...rule.body]) {
    if (literal.kind === "assign" && grows(literal.value, found)) found.add(literal.target.name);
  }
  return found;
}

/** Functions whose value does not fall when an argument grows. */
const MONOTONE_FUNCTIONS: ReadonlySet<string> = new Set(["f_max", "f_min"]);

/** Whether the value grows with a cost: it is a cost, or a sum, a minuend, a minimum or a maximum that contains a cost. */
function grows(value: Expression, costs: ReadonlySet<string>): boolean {
  if (value.kind === "variable") return costs.has(value.name);
  if (value.kind === "call") return MONOTONE_FUNCTIONS.has(value.name.text) && someGrow(value.args, costs);
  if (value.kind !== "binary") return false;
  if (value.operator === "-") return grows(value.left, costs) && !mentions(value.right, costs);
  return value.operator === "+" && someGrow([value.left, value.right], costs);
}

/** Whether at least one operand grows with a cost, and all operands that do not grow are independent of costs. */
function someGrow(operands: readonly Expression[], costs: ReadonlySet<string>): boolean {
  return (
    operands.some((operand) => grows(operand, costs)) &&
    operands.every((operand) => grows(operand, costs) || !mentions(operand, costs))
  );
}

function keepsOrder(rule: CoreRule, costs: ReadonlyMap<string, number>): boolean {
  const variables = costVariables(rule, costs);
  if (variables.size === 0) return true;
  const column = costs.get(rule.head.name.text);
  const others = rule.head.args.filter((_, at) => at !== column);
  const isFree = others.every(
    (argument) => argument.kind === "aggregate" || argument.kind === "return" || !mentions(argument, variables),
  );
  return isFree && rule.body.every((literal) => allows(literal, variables, costs));
}

function allows(literal: Literal, variables: ReadonlySet<string>, costs: ReadonlyMap<string, number>): boolean {
  switch (literal.kind) {
    case "assign":
      return grows(literal.value, variables) || !mentions(literal.value, variables);
    case "member":
      return !mentions(literal.list, variables);
    case "condition":
      return !mentions(literal.test, variables) || boundsFromAbove(literal.test, variables);
    case "predicate": {
      const cost = costs.get(literal.atom.name.text);
      return literal.atom.args.every(
        (argument, at) => at === cost || argument.kind !== "variable" || !variables.has(argument.name),
      );
    }
  }
}

/** Whether the test is an upper bound such as `C < 16`: if it holds for a cost, it holds for every smaller cost. */
function boundsFromAbove(test: Expression, variables: ReadonlySet<string>): boolean {
  if (test.kind !== "binary") return false;
  const { operator, left, right } = test;
  if (operator === "<" || operator === "<=") return grows(left, variables) && !mentions(right, variables);
  if (operator === ">" || operator === ">=") return grows(right, variables) && !mentions(left, variables);
  return (
    operator === "&&" && [left, right].every((side) => !mentions(side, variables) || boundsFromAbove(side, variables))
  );
}

function mentions(expression: Expression, variables: ReadonlySet<string>): boolean {
  return variablesIn(expression).some((variable) => variables.has(variable.name));
}
