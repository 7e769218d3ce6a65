import type { AggregateFunction } from "./ast.ts";

/** Aggregate functions by their names in lower case. OverLog has several names for some of them. */
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
  ["union", "union"],
]);

/** Returns the aggregate of a name, ignoring case and OverLog's prefix: `min`, `a_min`, `a_MIN` and `MIN` are one. */
export function aggregateNamed(name: string): AggregateFunction | undefined {
  return FUNCTIONS.get(name.toLowerCase().replace(/^a_/, ""));
}
