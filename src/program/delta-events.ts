/** Event that reports changes of a table to rules: `link_DELTA_INSERT(..)`. */
export interface DeltaEvent {
  readonly table: string;
  readonly kind: "inserted" | "deleted";
}

const ENDINGS: readonly (readonly [string, DeltaEvent["kind"]])[] = [
  ["_DELTA_INSERT", "inserted"],
  ["_DELTA_DELETE", "deleted"],
];

/** Returns the table and the change that an event name stands for; undefined for other names. */
export function deltaEventNamed(name: string, isTable: (table: string) => boolean): DeltaEvent | undefined {
  for (const [ending, kind] of ENDINGS) {
    if (!name.endsWith(ending)) continue;
    const table = name.slice(0, -ending.length);
    if (isTable(table)) return { table, kind };
  }
  return undefined;
}
