import { compareValues, equalValues, type Values } from "../../plan/values/value.ts";

/**
 * Returns the row that wins when one commit inserts two rows with the same key. A row that differs from the present one
 * wins against a refresh of the present one; otherwise the greater row wins. The result does not depend on rule order.
 */
export function resolveConflict(one: Values, other: Values, present: Values | undefined): Values {
  if (present !== undefined && equalValues(one, present)) return other;
  if (present !== undefined && equalValues(other, present)) return one;
  return compareValues(one, other) >= 0 ? one : other;
}
