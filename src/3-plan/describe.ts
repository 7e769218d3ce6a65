import type { Expression } from "../../grammar/ast.ts";
import { printExpression } from "../../grammar/print.ts";
import { formatValue } from "../../runtime/plan/format.ts";
import type { PredicateSpec, StrandSpec } from "../../runtime/plan/plan.ts";
import type { Action, Match, Operator, Strand, Target } from "./strand.ts";

/** The strand as people read it: the elements that were fused into its function, in order. */
export function describe(strand: Strand, predicates: readonly PredicateSpec[]): StrandSpec {
  const { id, origin, trigger } = strand;
  const source = predicates[trigger.predicate]?.name ?? "?";
  const first = `On ${trigger.kind} ${source}${columns(strand.match)}`;
  const last = describeAction(strand.action);
  return { id, origin, trigger, operators: [first, ...strand.operators.map(describeOperator), last] };
}

function describeOperator(operator: Operator): string {
  switch (operator.kind) {
    case "get":
      return `Lookup ${operator.table.name} by key${tupleOf(operator.key)}${columns(operator.match)}`;
    case "join":
      return `Join ${operator.table.name}${by(operator.key)}${columns(operator.match)}${seen(operator.visibility)}`;
    case "absent":
      return `AntiJoin ${operator.table.name}${by(operator.key)}${columns(operator.match)}`;
    case "select":
      return `Select ${printExpression(operator.test)}`;
    case "assign":
      return `Assign ${operator.variable} := ${printExpression(operator.value)}`;
    case "unnest":
      return `Unnest ${printExpression(operator.list)}`;
  }
}

function by(key: readonly Expression[]): string {
  return key.length === 0 ? "" : ` on${tupleOf(key)}`;
}

function tupleOf(expressions: readonly Expression[]): string {
  return ` (${expressions.map((one) => printExpression(one)).join(", ")})`;
}

function seen(visibility: string): string {
  return visibility === "frozen" ? "" : ` [${visibility}]`;
}

function columns(match: readonly Match[]): string {
  const parts = match.map(
    (one) => `${one.column + 1} ${one.kind === "bind" ? `→ ${one.variable}` : `= ${printExpression(one.value)}`}`,
  );
  return parts.length === 0 ? "" : ` {${parts.join(", ")}}`;
}

function describeAction(action: Action): string {
  switch (action.kind) {
    case "tuple":
      return `Project ${target(action.head)}(${action.args.map((one) => printExpression(one)).join(", ")})`;
    case "aggregate":
      return `Aggregate ${target(action.head)}(${action.columns.map(column).join(", ")})`;
    case "contribute":
      return `Contribute ${formatValue(action.sign)} to view ${action.view} (${action.args.map((one) => printExpression(one)).join(", ")})`;
  }
}

function column(one: Extract<Action, { kind: "aggregate" }>["columns"][number]): string {
  if (one.kind !== "aggregate") return printExpression(one.value);
  return `${one.function}<${one.operand === undefined ? "*" : printExpression(one.operand)}>`;
}

function target(head: Target): string {
  const place = head.location === undefined ? "" : `@${printExpression(head.location)}`;
  return `${head.isDelete ? "delete " : ""}${head.predicate.name}${place}`;
}
