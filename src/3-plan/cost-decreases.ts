import type { Expression } from "../../grammar/ast.ts";
import { hasAggregate, isPredicate } from "../program/rule-shape.ts";
import type { CoreRule } from "../2-rewrite/core.ts";
import { costColumns } from "../2-rewrite/monotone.ts";
import type { RuleStratum } from "../2-rewrite/strata.ts";
import type { CostDecrease } from "./strand.ts";

/** Cost columns of a recursive stratum, by table. `min` keeps the least cost of a group (`isLeast`), or `max` the greatest. */
export interface MonotoneCosts {
  readonly isLeast: boolean;
  readonly columns: ReadonlyMap<string, number>;
}

/**
 * Returns the cost columns of a stratum if every rule can compare the derived cost with the costs that it depends on, else undefined.
 * A cost that is never better than the costs it was derived from cannot depend on a worse row of its own group.
 */
export function monotoneCosts(
  { tables, rules }: RuleStratum,
  isKeyed: (table: string) => boolean,
): MonotoneCosts | undefined {
  const extremes = rules.filter((rule) => hasAggregate(rule.head)).flatMap(extremeOf);
  const [first] = extremes;
  if (first === undefined || extremes.some(({ isLeast }) => isLeast !== first.isLeast)) return undefined;
  const columns = costColumns(first.table, first.column, tables, rules);
  const isTracked =
    [...tables].every((table) => columns.has(table) && (!isKeyed(table) || isOneAggregate(table, rules))) &&
    extremes.every(({ table, column, isOnly }) => isOnly && columns.get(table) === column) &&
    rules.every((rule) => costsRead(rule, columns) !== undefined);
  return isTracked ? { isLeast: first.isLeast, columns } : undefined;
}

/** Returns the comparisons that detect, for each derivation of the rule, that its cost is better than a cost it depends on. */
export function costDecreases(rule: CoreRule, { isLeast, columns }: MonotoneCosts): readonly CostDecrease[] {
  const head = rule.head.args[columns.get(rule.head.name.text) ?? -1];
  const value = (head?.kind === "aggregate" ? head.operand : head) as Expression;
  return (costsRead(rule, columns) ?? []).flatMap((than) =>
    value.kind === "variable" && value.name === than.name ? [] : [{ value, than, isLeast }],
  );
}

type Variable = Extract<Expression, { kind: "variable" }>;

/** Returns the variables in the cost columns of the body; undefined if an argument in a cost column is not a variable. */
function costsRead({ body }: CoreRule, columns: ReadonlyMap<string, number>): readonly Variable[] | undefined {
  const read = body
    .filter(isPredicate)
    .filter(({ atom }) => columns.has(atom.name.text))
    .map(({ atom }) => atom.args[columns.get(atom.name.text) as number]);
  return read.every((argument): argument is Variable => argument?.kind === "variable") ? read : undefined;
}

function extremeOf({ head }: CoreRule): readonly {
  readonly table: string;
  readonly column: number;
  readonly isLeast: boolean;
  readonly isOnly: boolean;
}[] {
  const column = head.args.findIndex((argument) => argument.kind === "aggregate");
  const aggregate = head.args[column];
  if (aggregate?.kind !== "aggregate") return [];
  const isExtreme = aggregate.function === "min" || aggregate.function === "max";
  const isOnly = isExtreme && head.args.filter(({ kind }) => kind === "aggregate").length === 1;
  return [{ table: head.name.text, column, isLeast: aggregate.function === "min", isOnly }];
}

function isOneAggregate(table: string, rules: readonly CoreRule[]): boolean {
  const own = rules.filter((rule) => rule.head.name.text === table);
  return own.length === 1 && own.every((rule) => hasAggregate(rule.head));
}
