/** What happens to the rows of a table, as an event that rules can hear: `link_DELTA_INSERT(..)`. */
export interface DeltaEvent {
  readonly table: string;
  readonly kind: "inserted" | "deleted";
}

const ENDINGS: readonly (readonly [string, DeltaEvent["kind"]])[] = [
  ["_DELTA_INSERT", "inserted"],
  ["_DELTA_DELETE", "deleted"],
];

/** The change that the name stands for, when it is that of a table. */
export function deltaEventNamed(name: string, isTable: (table: string) => boolean): DeltaEvent | undefined {
  for (const [ending, kind] of ENDINGS) {
    const table = name.slice(0, -ending.length);
    if (name.endsWith(ending) && isTable(table)) return { table, kind };
  }
  return undefined;
}
