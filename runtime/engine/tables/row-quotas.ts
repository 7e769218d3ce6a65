import type { Tuple } from "../../plan/values/packet.ts";
import { type Key, keyOf } from "../../plan/values/key.ts";
import type { Value } from "../../plan/values/value.ts";
import type { Row } from "./row.ts";
import type { Table } from "./table.ts";

/** Row that the running step inserts. */
interface PendingRow {
  readonly table: Table;
  readonly owner: Key;
  readonly key: Key;
}

/** Owners without rows are removed when there are more of them than rows, and more than this. */
const OWNERS_KEPT = 64;

/** Limits the rows that one sender has in a table with a primary key. A row counts for the sender that last put it. */
export class RowQuotas {
  /** Rows by table and owner. A table removes a deleted row from the set of its owner. */
  readonly #rows = new Map<Table, Map<Key, Set<Row>>>();
  #pending: PendingRow[] = [];

  /** Whether the owner may have the row in the table, with at most `most` rows. If so, the row counts for it from the end of the step. */
  take(table: Table, { args }: Tuple, owner: Value, most: number): boolean {
    const pending: PendingRow = { table, owner: keyOf(owner), key: table.keyOf(args) };
    if (!this.#owns(pending) && this.#count(pending) >= most) return false;
    this.#pending.push(pending);
    return true;
  }

  /** Notes the rows of the step, which has succeeded. */
  commit(): void {
    if (this.#pending.length === 0) return;
    for (const pending of this.#pending) this.#note(pending);
    this.#pending = [];
  }

  /** Forgets the rows of the step, which was undone. */
  abort(): void {
    if (this.#pending.length > 0) this.#pending = [];
  }

  /** Takes over the owners of the rows of the previous program. `tableOf` finds the table with the same name. */
  continue(previous: RowQuotas, tableOf: (name: string) => Table | undefined): void {
    for (const [{ predicate }, owners] of previous.#rows) {
      const table = tableOf(predicate.name);
      if (table === undefined) continue;
      for (const [owner, rows] of owners) {
        for (const { values } of rows) this.#note({ table, owner, key: table.keyOf(values) });
      }
    }
  }

  #owns({ table, owner, key }: PendingRow): boolean {
    const row = table.find(key);
    if (row !== undefined && this.#rows.get(table)?.get(owner)?.has(row) === true) return true;
    return this.#pending.some((other) => other.table === table && other.owner === owner && other.key === key);
  }

  #count({ table, owner }: PendingRow): number {
    const pending = this.#pending.filter((other) => other.table === table && other.owner === owner);
    return (this.#rows.get(table)?.get(owner)?.size ?? 0) + pending.length;
  }

  #note({ table, owner, key }: PendingRow): void {
    const row = table.find(key);
    if (row === undefined) return;
    const owners = this.#rows.get(table) ?? new Map<Key, Set<Row>>();
    this.#rows.set(table, owners);
    if (owners.size > OWNERS_KEPT + 2 * table.count) removeEmpty(owners);
    const rows = owners.get(owner) ?? new Set();
    owners.set(owner, rows);
    row.ownedIn?.delete(row);
    row.ownedIn = rows.add(row);
  }
}

function removeEmpty(owners: Map<Key, Set<Row>>): void {
  for (const [owner, rows] of owners) if (rows.size === 0) owners.delete(owner);
}
