import { formatValue } from "../../runtime/plan/values/format.ts";
import type { Values, Value } from "../../runtime/plan/values/value.ts";
import type { Chance } from "./chance.ts";

/** Type of a column of a random program. Each has few values, so that rows join. */
export type ColumnKind = "number" | "string" | "location" | "list";

export const LOCATIONS: readonly string[] = ["a:1", "b:1", "c:1"];

/** Event or table of a random program. */
export interface Relation {
  readonly name: string;
  readonly columns: readonly ColumnKind[];
  /** Table declaration; undefined for an event. */
  readonly table: TableChoice | undefined;
  /** Whether no rule reads the table. Only such a table may hold lists of all values, which would grow exponentially. */
  readonly isLast: boolean;
}

export interface TableChoice {
  /** Whether rules derive its rows. */
  readonly isView: boolean;
  /** Whether others insert rows too. */
  readonly isMixed: boolean;
  readonly lifetime: number;
  readonly size: number;
  /** Key columns from 0; empty if every insertion is a new row. */
  readonly keys: readonly number[];
  readonly evict: string;
}

export function randomValue(kind: ColumnKind, chance: Chance): Value {
  switch (kind) {
    case "number":
      return chance.percent(8) ? 0.5 : chance.between(0, 4);
    case "string":
      return chance.pick(["p", "q", "r"]);
    case "location":
      return chance.pick(LOCATIONS);
    case "list":
      return chance.times(0, 3, () => chance.between(0, 3));
  }
}

export function randomRow({ columns }: Relation, chance: Chance): Values {
  return columns.map((kind) => randomValue(kind, chance));
}

/** Returns the `materialize(..)` of a table, nothing for an event. */
export function declarationOf({ name, table }: Relation): readonly string[] {
  if (table === undefined) return [];
  const { lifetime, size, keys, evict } = table;
  const policy = evict === "" ? "" : `, ${evict}`;
  const columns = keys.map((key) => key + 1).join(", ");
  return [`materialize(${name}, ${formatValue(lifetime)}, ${formatValue(size)}, keys(${columns})${policy}).`];
}
