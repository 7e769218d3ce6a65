/**
 * The table of one predicate: rows in a linked list by expiry, hash indexes, lifetime and size.
 *
 * Strands read a table through `first`, `find` and `bucket`. Only the Store and the strata of derived tables change it, during a commit.
 * Rules of derived tables join the state before the commit with the state after it, so a deleted row stays in the indexes, marked
 * REMOVED, until the end of the commit. `find` and the linked list show the state after the changes made so far.
 *
 * A row of a recursive stratum is deleted by two calls, `beginDelete` and `finishDelete`. Between the calls, the rules of the stratum
 * still see the row, and process its deletion.
 *
 * Each change is recorded in the journal, and `undo` reverts it.
 */
import { heldBytesOf } from "../../plan/values/held-bytes.ts";
import { KEY_MAX, type Key, keyOf } from "../../plan/values/key.ts";
import { isKeyed, type PredicateSpec, type TableSpec } from "../../plan/values/predicate-spec.ts";
import { ADDED, LEAVING, REMOVED, type RowMark, STABLE, CANCELLED } from "../../plan/contract/row-mark.ts";
import { compare, equalValues, type Values, type Value } from "../../plan/values/value.ts";
import { INDEX_ENTRY_BYTES, ROW_BYTES } from "../limits/memory-use.ts";
import { keyOfColumns, TableIndex } from "./table-index.ts";
import type { Journal, Undoable } from "./journal.ts";
import { RowGroups } from "./row-groups.ts";
import { RowList } from "./row-list.ts";
import { Row } from "./row.ts";

export type InsertOutcome = "new" | "refreshed" | "replaced";

/** Operation on a row, as the journal records it. Its detail holds the former state of the row. */
type RowOperation =
  | "linked"
  | "deleted"
  | "cancelled"
  | "deletionBegun"
  | "deletionFinished"
  | "reinstated"
  | "refreshed"
  | "keptUnchanged"
  | "committed";
type RowDetail = Row | BeforeRefresh | BeforeDeletion | CommittedRows | number | null;

interface BeforeRefresh {
  readonly previous: Row | null;
  readonly expires: number;
  readonly stamp: number;
  readonly isBase: boolean;
}

interface BeforeDeletion {
  readonly previous: Row | null;
  readonly mark: RowMark;
}

const NO_ROWS: readonly Row[] = [];

/** The keys of a row of at most this many bytes are not checked: a key has at most eight characters for each byte of the row. */
const LONG_ROW_BYTES: number = KEY_MAX / 8;

/** Rows that a commit has deleted and inserted. */
interface CommittedRows {
  readonly removed: readonly Row[];
  readonly added: readonly Row[];
}

/** Rows of one predicate on one node, with their indexes and the changes of the running commit. */
export class Table implements Undoable<RowOperation, Row | null, RowDetail> {
  readonly predicate: PredicateSpec;
  readonly spec: TableSpec;
  count = 0;
  readonly #rows = new RowList();
  readonly #groups: RowGroups | undefined;
  readonly #byKey = new Map<Key, Row>();
  readonly #isKeyed: boolean;
  readonly #keyColumns: readonly number[];
  readonly #indexes: readonly TableIndex[];
  readonly #journal: Journal;
  #baseRows: Table | undefined;
  #added: Row[] = [];
  #removed: Row[] = [];
  #expired: Row[] = [];
  #refreshed: Row[] = [];

  constructor(predicate: PredicateSpec, spec: TableSpec, journal: Journal) {
    this.predicate = predicate;
    this.spec = spec;
    this.#journal = journal;
    this.#isKeyed = isKeyed(predicate.arity, spec);
    this.#keyColumns =
      spec.keys.length > 0 ? spec.keys : Array.from({ length: predicate.arity }, (_, column) => column);
    this.#groups = spec.sizePer === undefined ? undefined : new RowGroups(spec.sizePer, spec.size);
    this.#indexes = spec.indexes.map((columns, number) => new TableIndex(columns, number));
  }

  /** Copies the base rows of this table to `baseRows` from now on. Called once, while both are empty. */
  mirrorBaseRowsIn(baseRows: Table): void {
    this.#baseRows = baseRows;
  }

  /** Table that holds copies of the base rows of this table, for rules that must not read the derived rows. */
  get baseRows(): Table | undefined {
    return this.#baseRows;
  }

  /** Whether the table holds at most one row for each key. */
  get isKeyed(): boolean {
    return this.#isKeyed;
  }

  /** Oldest row: the next to expire, and to be evicted by the policy `fifo`. */
  get first(): Row | null {
    return this.#rows.first;
  }

  /** Returns the row with this primary key. */
  find(key: Key): Row | undefined {
    return this.#byKey.get(key);
  }

  /** Returns the rows with this key in an index, deleted rows of the running commit included. */
  bucket(index: number, key: Key): readonly Row[] {
    return (this.#indexes[index] as TableIndex).bucket(key);
  }

  /** Whether a row has the value in its first column. The table has an index on this column. */
  hasFirst(value: Value): boolean {
    const index = this.spec.indexes.findIndex((columns) => columns.length === 1 && columns[0] === 0);
    return this.#indexes[index]?.bucket(keyOf(value)).some(({ mark }) => mark <= ADDED) === true;
  }

  /** Returns the primary key of a row with these values; the key of all columns if the table has no primary key. */
  keyOf(values: Values): Key {
    return keyOfColumns(values, this.#keyColumns);
  }

  /** Iterates over the values of all rows, oldest first. */
  *rows(): Generator<Values> {
    for (let row = this.first; row !== null; row = row.next) yield row.values;
  }

  /** Rows that the running commit has inserted. After `cancelOpposites`, `added` and `removed` are the net difference of the commit. */
  get added(): readonly Row[] {
    return this.#added;
  }

  /** Rows that the running commit has deleted, for any reason. */
  get removed(): readonly Row[] {
    return this.#removed;
  }

  /** Rows among `removed` whose lifetime has ended. */
  get expired(): readonly Row[] {
    return this.#expired;
  }

  /** Rows that the running commit has refreshed. Empty unless the spec of the table has `notifiesRefreshes`. */
  get refreshed(): readonly Row[] {
    return this.#refreshed;
  }

  get isChanged(): boolean {
    return this.#added.length > 0 || this.#removed.length > 0;
  }

  /** Whether the table, or a group of it, has more rows than its size. */
  get isOverfull(): boolean {
    return this.#groups === undefined ? this.count > this.spec.size : this.#groups.overfull !== undefined;
  }

  /**
   * Inserts a base row. If the table holds an equal row, refreshes that row; a different row with the same key is replaced. `key` is
   * `keyOf(values)`.
   */
  insert(values: Values, key: Key, now: number): InsertOutcome {
    this.#baseRows?.insert(values, this.#baseRows.keyOf(values), now);
    const present = this.#byKey.get(key);
    if (present !== undefined && equalValues(present.values, values)) {
      this.#refresh(present, now, true);
      return "refreshed";
    }
    if (present !== undefined) this.delete(present);
    this.#link(new Row(values, key, true), now);
    return present === undefined ? "new" : "replaced";
  }

  /**
   * Inserts a base row of the previous program with its expiry time. Called in order of expiry, only for rows that the table does not
   * hold.
   */
  restore(values: Values, expires: number, now: number): void {
    this.#baseRows?.restore(values, expires, now);
    const row = new Row(values, this.keyOf(values), true);
    this.#link(row, now);
    row.expires = expires;
  }

  /** Inserts a derived row whose lifetime starts at `now`. The caller has deleted any other row with this key. */
  insertDerived(values: Values, key: Key, now: number, rank: number): Row {
    const row = new Row(values, key, false);
    row.rank = rank;
    this.#link(row, now);
    return row;
  }

  /** Restarts the lifetime of the row. */
  refresh(row: Row, now: number): void {
    this.#refresh(row, now, row.isBase);
  }

  /** Returns the rows that equal `values` on the primary key, or on all columns if the table has no primary key. */
  matching(values: Values): readonly Row[] {
    const key = this.keyOf(values);
    if (this.#isKeyed) {
      const row = this.#byKey.get(key);
      return row === undefined ? [] : [row];
    }
    const rows: Row[] = [];
    for (let row = this.first; row !== null; row = row.next) if (row.key === key) rows.push(row);
    return rows;
  }

  /** Deletes the row. A row from before the commit stays in the indexes until the commit ends. */
  delete(row: Row): void {
    if (row.isBase) this.#deleteBase(row);
    const { previous } = row;
    this.#unlink(row);
    if (row.mark === ADDED) {
      this.#unindex(row);
      row.mark = CANCELLED;
      this.#journal.record(this, "cancelled", row, previous);
      return;
    }
    row.mark = REMOVED;
    this.#removed.push(row);
    this.#journal.record(this, "deleted", row, previous);
  }

  #deleteBase({ values }: Row): void {
    const base = this.#baseRows?.find(this.#baseRows.keyOf(values));
    if (base !== undefined) this.#baseRows?.delete(base);
  }

  /** Deletes a row of a recursive stratum, but leaves it visible to joins until `finishDelete`. */
  beginDelete(row: Row): void {
    const { previous, mark } = row;
    this.#unlink(row);
    if (mark === STABLE) this.#removed.push(row);
    row.mark = LEAVING;
    this.#journal.record(this, "deletionBegun", row, { previous, mark });
  }

  /** Hides a row from joins after `beginDelete`. `isNew` says whether the running commit inserted the row. */
  finishDelete(row: Row, isNew: boolean): void {
    if (!isNew) {
      row.mark = REMOVED;
      return;
    }
    this.#unindex(row);
    row.mark = CANCELLED;
    this.#journal.record(this, "deletionFinished", row, null);
  }

  /**
   * Reverts a deletion within the running commit. The row returns to its position in the order of expiry and eviction, or to the end if
   * there is no such order. The caller sets its mark.
   */
  reinstate(row: Row, rank: number): void {
    if (this.spec.hasExpiringDerivations === true) this.#rows.insertByExpiry(row);
    else if (this.#isOrdered) this.#rows.restore(row);
    else this.#rows.append(row);
    this.#enlist(row);
    this.#journal.record(this, "reinstated", row, row.rank);
    row.rank = rank;
  }

  /** Whether the order of rows matters, because they expire or are evicted. */
  get #isOrdered(): boolean {
    const { lifetime, size, endsAt } = this.spec;
    return lifetime < Infinity || size < Infinity || endsAt !== undefined;
  }

  /** Deletes the rows whose lifetime has ended. */
  expire(now: number): void {
    while (this.first !== null && this.first.expires <= now) {
      const row = this.first;
      this.delete(row);
      this.#expired.push(row);
    }
  }

  /** Deletes rows until the table is no longer over its size. Returns the number of deleted rows. */
  evict(): number {
    let evicted = 0;
    for (; this.isOverfull; evicted++) this.delete(this.victim());
    return evicted;
  }

  /** Returns the row to evict next. The table is not empty. */
  victim(): Row {
    const { evict } = this.spec;
    if (this.first === null) throw new Error(`${this.predicate.name} is over its size and empty`);
    const group = this.#groups?.overfull;
    if (group !== undefined) return [...group].reduce((victim, row) => (this.#goesBefore(row, victim) ? row : victim));
    if (evict.policy === "fifo") return this.first;
    let victim = this.first;
    for (let row = this.first.next; row !== null; row = row.next) if (this.#goesBefore(row, victim)) victim = row;
    return victim;
  }

  #goesBefore(row: Row, other: Row): boolean {
    const { evict } = this.spec;
    if (evict.policy === "fifo") return row.stamp < other.stamp;
    const order = compare(row.values[evict.column] as Value, other.values[evict.column] as Value);
    return order === 0 ? row.stamp < other.stamp : order > 0 === (evict.policy === "max");
  }

  /** Removes duplicates from `removed`: a row may be deleted, reinstated and deleted again. */
  dedupeRemoved(): void {
    this.#removed = [...new Set(this.#removed)];
  }

  /**
   * Makes `added` and `removed` the net difference of the commit: drops rows that were inserted and then deleted, rows that were deleted
   * and then reinstated, and pairs of a deleted and an inserted row that are equal. Removes from `refreshed` each row that was deleted
   * afterwards, unless an equal row took its place.
   */
  cancelOpposites(): void {
    this.#cancelChanges();
    if (this.#refreshed.every((row) => row.mark <= ADDED)) return;
    this.#refreshed = this.#refreshed.flatMap((row) => (row.mark <= ADDED ? row : (this.#equalOf(row) ?? [])));
  }

  #equalOf({ key, values }: Row): Row | undefined {
    const present = this.find(key);
    return present !== undefined && equalValues(present.values, values) ? present : undefined;
  }

  #cancelChanges(): void {
    if (this.#added.some((row) => row.mark !== ADDED)) this.#added = this.#added.filter((row) => row.mark === ADDED);
    if (this.#removed.some((row) => row.mark !== REMOVED)) {
      this.#removed = this.#removed.filter((row) => row.mark === REMOVED);
    }
    if (this.#added.length === 0 || this.#removed.length === 0) return;
    // Most commits replace one row by a different one.
    if (this.#added.length === 1 && this.#removed.length === 1 && !isEqualRow(this.#added[0], this.#removed[0])) return;
    const hasCancelled = this.#isKeyed ? this.#cancelByKey() : this.#cancelEqual();
    if (!hasCancelled) return;
    this.#added = this.#added.filter((row) => row.mark === ADDED);
    this.#removed = this.#removed.filter((row) => row.mark === REMOVED);
  }

  /** Cancels pairs in a table with a primary key: of the rows from before the commit, one at most had the key of an inserted row. */
  #cancelByKey(): boolean {
    let hasCancelled = false;
    for (const before of this.#removed) {
      const after = this.#byKey.get(before.key);
      if (after?.mark !== ADDED || !equalValues(before.values, after.values)) continue;
      hasCancelled = true;
      this.#keepUnchanged(before, after);
    }
    return hasCancelled;
  }

  #cancelEqual(): boolean {
    const deleted = Map.groupBy(this.#removed, (row) => row.key);
    let hasCancelled = false;
    for (const row of this.#added) {
      const before = deleted.get(row.key)?.pop();
      if (before === undefined || before.mark !== REMOVED || !equalValues(before.values, row.values)) continue;
      hasCancelled = true;
      this.#keepUnchanged(before, row);
    }
    return hasCancelled;
  }

  /** Treats an inserted row that equals a deleted one as unchanged: `after` takes the place of `before`. */
  #keepUnchanged(before: Row, after: Row): void {
    before.mark = CANCELLED;
    this.#unindex(before);
    after.mark = STABLE;
    this.#journal.record(this, "keptUnchanged", before, after);
  }

  /** Ends the commit: removes deleted rows from the indexes, and marks inserted ones STABLE. */
  finishCommit(): void {
    const removed = withMark(this.#removed, REMOVED);
    const added = withMark(this.#added, ADDED);
    for (const row of removed) this.#unindex(row);
    for (const row of added) row.mark = STABLE;
    if (removed.length > 0 || added.length > 0) this.#journal.record(this, "committed", null, { removed, added });
    this.discardChanges();
  }

  /** Empties the lists of changes, after a commit or after undoing it. */
  discardChanges(): void {
    this.#added = emptied(this.#added);
    this.#removed = emptied(this.#removed);
    this.#expired = emptied(this.#expired);
    this.#refreshed = emptied(this.#refreshed);
  }

  undo(operation: RowOperation, subject: Row | null, detail: RowDetail): void {
    if (operation === "committed") return this.#undoCommit(detail as CommittedRows);
    const row = subject as Row;
    switch (operation) {
      case "linked":
        this.#unlink(row);
        return this.#unindex(row);
      case "cancelled":
        row.mark = ADDED;
        this.#index(row);
        return this.#relink(row, detail as Row | null);
      case "deleted":
        row.mark = STABLE;
        return this.#relink(row, detail as Row | null);
      case "deletionBegun": {
        const { previous, mark } = detail as BeforeDeletion;
        row.mark = mark;
        return this.#relink(row, previous);
      }
      case "deletionFinished":
        return this.#index(row);
      case "reinstated":
        row.mark = REMOVED;
        row.rank = detail as number;
        return this.#unlink(row);
      case "refreshed":
        return this.#undoRefresh(row, detail as BeforeRefresh);
      case "keptUnchanged":
        (detail as Row).mark = ADDED;
        this.#index(row);
        row.mark = REMOVED;
    }
  }

  #undoCommit({ removed, added }: CommittedRows): void {
    for (const row of added) row.mark = ADDED;
    for (const row of removed.toReversed()) this.#index(row);
  }

  #refresh(row: Row, now: number, isBase: boolean): void {
    const { previous, expires, stamp } = row;
    this.#journal.record(this, "refreshed", row, { previous, expires, stamp, isBase: row.isBase });
    this.#rows.detach(row);
    this.#append(row, now);
    this.#setBase(row, isBase);
    if (this.spec.notifiesRefreshes) this.#refreshed.push(row);
  }

  #undoRefresh(row: Row, { previous, expires, stamp, isBase }: BeforeRefresh): void {
    row.expires = expires;
    row.stamp = stamp;
    this.#setBase(row, isBase);
    this.#rows.detach(row);
    this.#rows.attach(row, previous);
  }

  #setBase(row: Row, isBase: boolean): void {
    if (row.isBase === isBase) return;
    this.#journal.observer?.removed(this, row);
    row.isBase = isBase;
    this.#journal.observer?.added(this, row);
  }

  #link(row: Row, now: number): void {
    row.mark = ADDED;
    row.bytes = this.#bytesOf(row);
    if (row.bytes > LONG_ROW_BYTES) this.#checkKeys(row);
    this.#append(row, now);
    this.#enlist(row);
    this.#index(row);
    this.#added.push(row);
    this.#journal.record(this, "linked", row, null);
  }

  /** Throws `KeyTooLong` if the row cannot have one of its keys, before any of them enters an index. */
  #checkKeys(row: Row): void {
    for (const index of this.#indexes) index.keyOf(row);
    this.#groups?.keyOf(row);
  }

  /** Adds the row to the list, and sets its expiry time. */
  #append(row: Row, now: number): void {
    const { lifetime, endsAt, hasExpiringDerivations: wantsFresh } = this.spec;
    row.expires = now + lifetime;
    if (endsAt === undefined && wantsFresh !== true) return this.#rows.append(row);
    const end = endsAt === undefined ? undefined : row.values[endsAt];
    if (typeof end === "number" && end < row.expires) row.expires = end;
    this.#rows.insertByExpiry(row);
  }

  #relink(row: Row, previous: Row | null): void {
    this.#rows.attach(row, previous);
    this.#enlist(row);
  }

  #enlist(row: Row): void {
    this.count++;
    this.#groups?.add(row);
    if (this.#isKeyed) this.#byKey.set(row.key, row);
    row.ownedIn?.add(row);
    this.#journal.observer?.added(this, row);
  }

  #unlink(row: Row): void {
    this.#rows.detach(row);
    this.count--;
    this.#groups?.remove(row);
    if (this.#isKeyed) this.#byKey.delete(row.key);
    row.ownedIn?.delete(row);
    this.#journal.observer?.removed(this, row);
  }

  #index(row: Row): void {
    this.#journal.memory.stored += row.bytes;
    for (let at = 0; at < this.#indexes.length; at++) this.#indexes[at]?.add(row);
  }

  #bytesOf({ key, values }: Row): number {
    const keyBytes = typeof key === "string" ? key.length : 0;
    return ROW_BYTES + INDEX_ENTRY_BYTES * (1 + this.#indexes.length) + keyBytes + heldBytesOf(values);
  }

  #unindex(row: Row): void {
    this.#journal.memory.stored -= row.bytes;
    for (let at = 0; at < this.#indexes.length; at++) this.#indexes[at]?.remove(row);
  }
}

function isEqualRow(one: Row | undefined, other: Row | undefined): boolean {
  return one !== undefined && other !== undefined && one.key === other.key && equalValues(one.values, other.values);
}

/**
 * Returns the rows with the mark: usually all of them, and then the same list. An empty list is not returned itself, because the table adds
 * rows to it later.
 */
function withMark(rows: readonly Row[], mark: RowMark): readonly Row[] {
  if (rows.length === 0) return NO_ROWS;
  return rows.every((row) => row.mark === mark) ? rows : rows.filter((row) => row.mark === mark);
}

/** Returns an empty list of changes. Does not empty the given list itself, because readers may still hold it. */
function emptied(rows: Row[]): Row[] {
  return rows.length === 0 ? rows : [];
}
