import { formatValue } from "../../runtime/plan/values/format.ts";
import type { Values, Value } from "../../runtime/plan/values/value.ts";
import type { Chance } from "./chance.ts";

/** What a column of a random program holds. Few values each, so that rows meet. */
export type ColumnKind = "number" | "string" | "place" | "list";

export const PLACES: readonly string[] = ["a:1", "b:1", "c:1"];

/** An event or table of a random program. */
export interface Relation {
  readonly name: string;
  readonly columns: readonly ColumnKind[];
  /** Undefined for an event. */
  readonly table: TableChoice | undefined;
  /** No rule reads it: the only place for lists of everything, which would double and double where they are read again. */
  readonly isLast: boolean;
}

export interface TableChoice {
  /** View rules fill it. */
  readonly isView: boolean;
  /** Others fill it too. */
  readonly isMixed: boolean;
  readonly lifetime: number;
  readonly size: number;
  /** From 0; empty: every insert is a row of its own. */
  readonly keys: readonly number[];
  readonly evict: string;
}

export function randomValue(kind: ColumnKind, chance: Chance): Value {
  switch (kind) {
    case "number":
      return chance.percent(8) ? 0.5 : chance.between(0, 4);
    case "string":
      return chance.pick(["p", "q", "r"]);
    case "place":
      return chance.pick(PLACES);
    case "list":
      return chance.times(0, 3, () => chance.between(0, 3));
  }
}

export function randomRow({ columns }: Relation, chance: Chance): Values {
  return columns.map((kind) => randomValue(kind, chance));
}

/** `materialize(..)` of a table, nothing for an event. */
export function declarationOf({ name, table }: Relation): readonly string[] {
  if (table === undefined) return [];
  const { lifetime, size, keys, evict } = table;
  const policy = evict === "" ? "" : `, ${evict}`;
  const columns = keys.map((key) => key + 1).join(", ");
  return [`materialize(${name}, ${formatValue(lifetime)}, ${formatValue(size)}, keys(${columns})${policy}).`];
}
