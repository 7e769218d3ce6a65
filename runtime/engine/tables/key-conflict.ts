import { compareValues, equalValues, type Values } from "../../plan/values/value.ts";

/** Of two rows that claim one key in one commit: a changed row beats a refresh, then the greater wins. */
export function resolveConflict(one: Values, other: Values, present: Values | undefined): Values {
  if (present !== undefined && equalValues(one, present)) return other;
  if (present !== undefined && equalValues(other, present)) return one;
  return compareValues(one, other) >= 0 ? one : other;
}
