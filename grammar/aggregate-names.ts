import type { AggregateFunction } from "./ast.ts";

/** The names of aggregates in lower case; OverLog has several for one. */
const FUNCTIONS: ReadonlyMap<string, AggregateFunction> = new Map<string, AggregateFunction>([
  ["min", "min"],
  ["max", "max"],
  ["count", "count"],
  ["countdistinct", "countDistinct"],
  ["sum", "sum"],
  ["avg", "avg"],
  ["list", "list"],
  ["mklist", "list"],
  ["set", "set"],
  ["mkset", "set"],
  ["union", "set"],
]);

/** The aggregate a name means: `min`, `a_min`, `a_MIN`, `MIN` are one. */
export function aggregateNamed(name: string): AggregateFunction | undefined {
  return FUNCTIONS.get(name.toLowerCase().replace(/^a_/, ""));
}
