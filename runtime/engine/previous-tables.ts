import type { Values } from "../plan/values/value.ts";
import type { Delta } from "./store.ts";

/** Tables of the previous program during a hot reload, as the engine of the next program asks for them. */
export interface PreviousTables {
  /** Whether the table that matches `predicate` of the next program held the row. */
  had(predicate: number, values: Values): boolean;
  /** Called once the next engine holds the kept rows and its derived tables are computed. */
  onAdopted(): void;
}

/** Changes that rules of the next program must see: all but insertions of rows that the previous program had. */
export function changesSince(deltas: readonly Delta[], previous: PreviousTables): readonly Delta[] {
  return deltas.filter(({ kind, predicate, values }) => kind !== "inserted" || !previous.had(predicate, values));
}
