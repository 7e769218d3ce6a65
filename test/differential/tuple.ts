import { compareValues, equalValues, type Values } from "../../runtime/plan/values/value.ts";

/** A row or event by name; what is to be deleted when `isDelete`. */
export interface Tuple {
  readonly name: string;
  readonly args: Values;
  readonly isDelete: boolean;
}

export function equalTuples(one: Tuple, other: Tuple): boolean {
  return one.name === other.name && one.isDelete === other.isDelete && equalValues(one.args, other.args);
}

/** Deletions first, then by name, then in the order of values. */
export function compareTuples(one: Tuple, other: Tuple): number {
  if (one.isDelete !== other.isDelete) return one.isDelete ? -1 : 1;
  if (one.name !== other.name) return one.name < other.name ? -1 : 1;
  return compareValues(one.args, other.args);
}

/** What a rule says to itself at another place, what belongs to a call, timers: how that is said is nobody's business. */
export function isHidden(name: string): boolean {
  return /[?.]|^periodic/.test(name);
}
