import type { Values } from "../plan/values/value.ts";
import type { Delta } from "./store.ts";

/** Interface by which the engine of the next program looks up rows of the previous program during a hot reload. */
export interface PreviousTables {
  /** Whether the table that matches `predicate` of the next program held the row. */
  had(predicate: number, values: Values): boolean;
  /** Called when the next engine has restored the kept rows and computed its derived tables. */
  onAdopted(): void;
}

/** Changes that rules of the next program must see: all but insertions of rows that the previous program had. */
export function changesSince(deltas: readonly Delta[], previous: PreviousTables): readonly Delta[] {
  return deltas.filter(({ kind, predicate, values }) => kind !== "inserted" || !previous.had(predicate, values));
}
