import type { Expression } from "../../grammar/ast.ts";
import { printExpression } from "../../grammar/print.ts";
import type { StrandSpec, DerivedRuleSpec } from "../../runtime/plan/contract/plan.ts";
import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";
import type { StrandAction, Column, ElementMatch, ItemsMatch, Match, Operator, Strand, Target } from "./strand.ts";

/** A strand as shown to users. */
export type DescribedStrand = Omit<StrandSpec, "cacheableReads" | "trainColumns" | "cycle">;

/** Describes the operators that were fused into the function of the strand, in order. */
export function describeStrand(
  strand: Strand,
  predicates: readonly PredicateSpec[],
  derivedRules: readonly DerivedRuleSpec[],
): DescribedStrand {
  const { id, origin, trigger, match } = strand;
  const source = predicates[trigger.predicate];
  const first = `On ${trigger.kind === "maintenance" ? trigger.change : trigger.kind} ${source === undefined ? "?" : row(source, match)}`;
  const operators = strand.operators.map((operator) => describeOperator(operator, predicates));
  const tableName = (rule: number): string => predicates[derivedRules[rule]?.predicate ?? -1]?.name ?? "?";
  return { id, origin, trigger, operators: [first, ...operators, ...describeAction(strand.action, tableName)] };
}

function describeOperator(operator: Operator, predicates: readonly PredicateSpec[]): string {
  switch (operator.kind) {
    case "get": {
      const keys = operator.table.table?.keys ?? [];
      return `Lookup ${row(operator.table, operator.match, keys, operator.key)} by key ${columnNumbers(keys)}`;
    }
    case "join":
      return `Join ${describeAccess(operator, predicates)}${describeVisibility(operator.visibility)}`;
    case "absent":
      return `AntiJoin ${describeAccess(operator, predicates)}`;
    case "select":
      return `Select ${printExpression(operator.test)}`;
    case "assign":
      return `Assign ${operator.variable} := ${printExpression(operator.value)}`;
    case "unnest":
      return `Unnest ${elementText(operator.match)} <- ${printExpression(operator.list)}`;
  }
}

/** Describes a table access: the atom of the rule, and how its rows are found. */
function describeAccess(
  { table, index, key, match }: Extract<Operator, { kind: "join" | "absent" }>,
  predicates: readonly PredicateSpec[],
): string {
  if (index === undefined) return `${row(table, match)} by scan`;
  const columns = predicates[table.id]?.table?.indexes[index] ?? [];
  const how = columns.length === 0 ? "scan" : `index ${columnNumbers(columns)}`;
  return `${row(table, match, columns, key)} by ${how}`;
}

function columnNumbers(columns: readonly number[]): string {
  return columns.map((column) => column + 1).join(",");
}

function describeVisibility(visibility: string): string {
  return visibility === "frozen" ? "" : ` [${visibility}]`;
}

/** Describes a row as `name(A, _, 3)`: the variable or value of each column, `_` for ignored columns. */
function row(
  { name, arity }: PredicateSpec,
  match: readonly Match[],
  columns: readonly number[] = [],
  key: readonly Expression[] = [],
): string {
  const known = new Map(columns.map((column, at) => [column, key[at]]));
  const keyText = (column: number): string | undefined => {
    const value = known.get(column);
    return value === undefined ? undefined : printExpression(value);
  };
  return `${name}(${fields(arity, match, keyText).join(", ")})`;
}

function fields(
  count: number,
  match: readonly Match[],
  known: (column: number) => string | undefined,
): readonly string[] {
  return Array.from({ length: count }, (_, column) => {
    const one = match.find((other) => other.column === column);
    if (one === undefined) return known(column) ?? "_";
    return one.kind === "bind" ? one.variable : printExpression(one.value);
  });
}

function elementText(match: ElementMatch): string {
  switch (match.kind) {
    case "any":
      return "_";
    case "variable":
      return match.variable;
    case "equal":
      return printExpression(match.value);
    case "items":
      return itemsText(match);
    case "fields":
      return row(match.predicate, match.match);
  }
}

function itemsText({ count, hasTail, match }: ItemsMatch): string {
  const parts = fields(count + 1, match, () => undefined);
  return `[${parts.slice(0, count).join(", ")}${hasTail ? ` | ${parts[count]}` : ""}]`;
}

function describeAction(action: StrandAction, tableName: (derivedRule: number) => string): readonly string[] {
  switch (action.kind) {
    case "tuple":
      return [`Project (${list(action.args)})`, describeTarget(action.head)];
    case "aggregate":
      return [`Aggregate (${action.columns.map(column).join(", ")})`, describeTarget(action.head)];
    case "contribute":
      return [
        `Project (${action.columns.map(column).join(", ")})`,
        `${contribution[action.sign]} ${tableName(action.derivedRule)}`,
      ];
  }
}

function list(expressions: readonly Expression[]): string {
  return expressions.map((one) => printExpression(one)).join(", ");
}

function column(one: Column): string {
  if (one.kind !== "aggregate") return printExpression(one.value);
  return `${one.function}<${one.operand === undefined ? "*" : printExpression(one.operand)}>`;
}

/** Describes the destination of the tuple: another node, an event of this round, or a table. */
function describeTarget({ predicate, isDelete, location }: Target): string {
  const text = `${isDelete ? "delete " : ""}${predicate.name}`;
  if (location !== undefined) return `Send ${text} to ${printExpression(location)}`;
  if (predicate.table === undefined) return `Raise ${predicate.name}`;
  return `${isDelete ? "Delete" : "Insert"} ${predicate.name}`;
}

const contribution = { "1": "Contribute +1 to", "0": "Refresh", "-1": "Contribute -1 to" } as const;
