import type { Values } from "../../plan/values/value.ts";

/** Values of one combination of body rows in a group of an aggregate, and the number of combinations that have these values. */
export interface GroupEntry {
  readonly values: Values;
  count: number;
}
