import { compareValues, equalValues, type Values } from "../../runtime/plan/values/value.ts";

/** Row or event by name; with `isDelete`, a deletion. */
export interface Tuple {
  readonly name: string;
  readonly args: Values;
  readonly isDelete: boolean;
}

export function equalTuples(one: Tuple, other: Tuple): boolean {
  return one.name === other.name && one.isDelete === other.isDelete && equalValues(one.args, other.args);
}

/** Order of tuples: deletions first, then by name, then by values. */
export function compareTuples(one: Tuple, other: Tuple): number {
  if (one.isDelete !== other.isDelete) return one.isDelete ? -1 : 1;
  if (one.name !== other.name) return one.name < other.name ? -1 : 1;
  return compareValues(one.args, other.args);
}

/** Whether a predicate is internal: continuations of rules at other locations, calls, timers. They are not compared. */
export function isHidden(name: string): boolean {
  return /[?.]|^periodic/.test(name);
}
