/**
 * Account of the rows of one node: the sum of their hashes, the call ids in them, and the changes since the last reading, for the
 * invariants. The tables report every change, undone ones included, so the account is right after each step and after each undo.
 */
import type { RowObserver } from "../../runtime/engine/tables/journal.ts";
import type { Row } from "../../runtime/engine/tables/row.ts";
import type { Table } from "../../runtime/engine/tables/table.ts";
import type { Value, Values } from "../../runtime/plan/values/value.ts";
import { callIdsIn } from "./call-ids.ts";
import { type Digest, DigestSum, Hasher } from "./digest.ts";

/** Hash and call ids of a row, which the ledger notes at the row. */
interface RowNote {
  readonly derived: Digest;
  readonly base: Digest;
  readonly callIds: readonly number[];
}

export interface LedgerChange {
  readonly predicate: number;
  readonly values: Values;
  readonly isPresent: boolean;
}

export class RowLedger implements RowObserver {
  /** Sum of the hashes of all rows. */
  readonly sum: DigestSum = new DigestSum();
  /** Number of rows with each call id. */
  readonly callIds: Map<number, number> = new Map();
  /** Predicates whose changes `changes` holds. */
  readonly #watched: ReadonlySet<number>;
  /** Changes of watched tables, in order. The reader empties the list. */
  changes: LedgerChange[] = [];

  constructor(watched: ReadonlySet<number>) {
    this.#watched = watched;
  }

  added(table: Table, row: Row): void {
    const note = noteOf(table, row);
    if (isHashed(table)) this.sum.add(row.isBase ? note.base : note.derived);
    for (const id of note.callIds) this.callIds.set(id, (this.callIds.get(id) ?? 0) + 1);
    this.#note(table, row, true);
  }

  removed(table: Table, row: Row): void {
    const note = noteOf(table, row);
    if (isHashed(table)) this.sum.subtract(row.isBase ? note.base : note.derived);
    for (const id of note.callIds) this.#forget(id);
    this.#note(table, row, false);
  }

  #forget(id: number): void {
    const count = (this.callIds.get(id) ?? 0) - 1;
    if (count > 0) this.callIds.set(id, count);
    else this.callIds.delete(id);
  }

  #note({ predicate: { id } }: Table, { values }: Row, isPresent: boolean): void {
    if (this.#watched.has(id)) this.changes.push({ predicate: id, values, isPresent });
  }
}

/** Whether the rows of the table belong to the hash. The rows of a pure derived table follow from those of other tables. */
function isHashed({ spec }: Table): boolean {
  return spec.derived !== "pure";
}

function noteOf(table: Table, row: Row): RowNote {
  const known = row.note as RowNote | undefined;
  if (known !== undefined) return known;
  const derived = hashOf(table, row.values, 0);
  // Whether a row is a base row matters only where rows are both inserted and derived.
  const base = table.spec.derived === "mixed" ? hashOf(table, row.values, 1) : derived;
  const note = { derived, base, callIds: callIdsIn(row.values) };
  row.note = note;
  return note;
}

function hashOf({ predicate, spec }: Table, values: Values, base: number): Digest {
  const hasher = new Hasher(predicate.id).word(base).word(values.length);
  for (let column = 0; column < values.length; column++) {
    if (!isTime(column, spec.endsAt)) hasher.value(values[column] as Value);
  }
  return hasher.digest();
}

/** Whether a column of a table of waiting calls holds a time: its deadline, or in the column behind it the deadline of the caller. */
function isTime(column: number, endsAt: number | undefined): boolean {
  return endsAt !== undefined && (column === endsAt || column === endsAt + 1);
}
