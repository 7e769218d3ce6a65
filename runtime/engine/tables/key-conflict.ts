import { compareRows, equalRows, type Row as Values } from "../../plan/values/value.ts";

/** Of two rows that claim one key in one commit: a changed row beats a refresh, then the greater wins. */
export function resolveConflict(one: Values, other: Values, present: Values | undefined): Values {
  if (present !== undefined && equalRows(one, present)) return other;
  if (present !== undefined && equalRows(other, present)) return one;
  return compareRows(one, other) >= 0 ? one : other;
}
