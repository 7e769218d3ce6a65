import type { Key } from "../../plan/values/key.ts";
import type { PredicateSpec, TableSpec } from "../../plan/values/predicate-spec.ts";
import { ADDED, LEAVING, REMOVED, type RowMark, STABLE, CANCELLED } from "../../plan/contract/row-mark.ts";
import { compare, equalValues, type Values, type Value } from "../../plan/values/value.ts";
import { keyOfColumns, TableIndex } from "./table-index.ts";
import type { Journal, Undoable } from "./journal.ts";
import { RowGroups } from "./row-groups.ts";
import { RowList } from "./row-list.ts";
import { Row } from "./row.ts";

export type InsertOutcome = "new" | "refreshed" | "replaced";

/** What the journal is told of a row; the detail is what the row had before. */
type Operation =
  | "linked"
  | "dropped"
  | "voided"
  | "left"
  | "gone"
  | "revived"
  | "refreshed"
  | "same"
  | "unindexed"
  | "settled";
type Detail = Row | Refreshed | Left | null;

interface Refreshed {
  readonly previous: Row | null;
  readonly expires: number;
  readonly stamp: number;
  readonly isBase: boolean;
}

interface Left {
  readonly previous: Row | null;
  readonly mark: RowMark;
}

/**
 * The rows of one predicate on one node. Strands read it (`find`, `bucket`, `first`), only commits change it.
 * During a commit removed rows stay in the indexes, marked, so that views can join the state before; `find` and the
 * linked list always show the state after.
 */
export class Table implements Undoable<Operation, Row, Detail> {
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
  #bases: Table | undefined;
  #added: Row[] = [];
  #removed: Row[] = [];
  #expired: Row[] = [];
  #refreshed: Row[] = [];

  constructor(predicate: PredicateSpec, spec: TableSpec, journal: Journal) {
    this.predicate = predicate;
    this.spec = spec;
    this.#journal = journal;
    this.#isKeyed = spec.keys.length > 0;
    this.#keyColumns = this.#isKeyed ? spec.keys : Array.from({ length: predicate.arity }, (_, column) => column);
    this.#groups = spec.sizePer === undefined ? undefined : new RowGroups(spec.sizePer, spec.size);
    this.#indexes = spec.indexes.map((columns, number) => new TableIndex(columns, number));
  }

  /** From now on, what something other than a view rule has put is in that table too. */
  keepBasesIn(bases: Table): void {
    this.#bases = bases;
  }

  /** The table that follows what is put and dropped here. */
  get bases(): Table | undefined {
    return this.#bases;
  }

  /** The oldest row: the next to expire, and to go when the table is too long. */
  get first(): Row | null {
    return this.#rows.first;
  }

  /** The row with this primary key. */
  find(key: Key): Row | undefined {
    return this.#byKey.get(key);
  }

  bucket(index: number, key: Key): readonly Row[] {
    return (this.#indexes[index] as TableIndex).bucket(key);
  }

  /** The primary key of a row with these values; of all columns where the table has none. */
  keyOf(values: Values): Key {
    return keyOfColumns(values, this.#keyColumns);
  }

  *rows(): Generator<Values> {
    for (let row = this.first; row !== null; row = row.next) yield row.values;
  }

  /** What the commit under way has changed so far, net of what it has taken back. */
  get added(): readonly Row[] {
    return this.#added;
  }

  get removed(): readonly Row[] {
    return this.#removed;
  }

  get expired(): readonly Row[] {
    return this.#expired;
  }

  /** Rows that were put again as they were; told only where views ask for it. */
  get refreshed(): readonly Row[] {
    return this.#refreshed;
  }

  get isChanged(): boolean {
    return this.#added.length > 0 || this.#removed.length > 0;
  }

  get isOverfull(): boolean {
    return this.#groups === undefined ? this.count > this.spec.size : this.#groups.overfull !== undefined;
  }

  /** Puts a row that something other than a view rule brings; `key` is that of the values. */
  insert(values: Values, key: Key, now: number): InsertOutcome {
    this.#bases?.insert(values, this.#bases.keyOf(values), now);
    const present = this.#byKey.get(key);
    if (present !== undefined && equalValues(present.values, values)) {
      this.#refresh(present, now, true);
      return "refreshed";
    }
    if (present !== undefined) this.drop(present);
    this.#link(new Row(values, key, true), now);
    return present === undefined ? "new" : "replaced";
  }

  /** Puts a row that is not there, with a time of its own: rows come in the order in which they go. */
  restore(values: Values, expires: number, now: number): void {
    this.#bases?.restore(values, expires, now);
    const row = new Row(values, this.keyOf(values), true);
    this.#link(row, now);
    row.expires = expires;
  }

  /** Shows a row that view rules derive, as old as it was derived `now`; the caller has made room at its key. */
  show(values: Values, key: Key, now: number): Row {
    const row = new Row(values, key, false);
    this.#link(row, now);
    return row;
  }

  /** The row lives on as if it were new; what holds it stays as it is. */
  renew(row: Row, now: number): void {
    this.#refresh(row, now, row.isBase);
  }

  /** The rows that equal `values` on the key; on all columns where there is no key. */
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

  drop(row: Row): void {
    if (row.isBase) this.#dropBase(row);
    const { previous } = row;
    this.#unlink(row);
    if (row.mark === ADDED) {
      this.#unindex(row);
      row.mark = CANCELLED;
      this.#journal.record(this, "voided", row, previous);
      return;
    }
    row.mark = REMOVED;
    this.#removed.push(row);
    this.#journal.record(this, "dropped", row, previous);
  }

  #dropBase({ values }: Row): void {
    const base = this.#bases?.find(this.#bases.keyOf(values));
    if (base !== undefined) this.#bases?.drop(base);
  }

  /**
   * The row is no more of this table, but joins see it until it is `gone`: the rules of its stratum have yet to be told.
   */
  leave(row: Row): void {
    const { previous, mark } = row;
    this.#unlink(row);
    if (mark === STABLE) this.#removed.push(row);
    row.mark = LEAVING;
    this.#journal.record(this, "left", row, { previous, mark });
  }

  /** Ends what `leave` has begun; `isNew` says that this commit had brought the row. */
  gone(row: Row, isNew: boolean): void {
    if (!isNew) {
      row.mark = REMOVED;
      return;
    }
    this.#unindex(row);
    row.mark = CANCELLED;
    this.#journal.record(this, "gone", row, null);
  }

  /** Takes back that a row of the state before has gone: it stands where it stood. Its mark is for the caller to set. */
  revive(row: Row): void {
    if (this.spec.hasExpiringDerivations === true) this.#rows.place(row);
    else this.#rows.restore(row);
    this.#enlist(row);
    this.#journal.record(this, "revived", row, null);
  }

  /** Removes the rows whose time is up. */
  expire(now: number): void {
    while (this.first !== null && this.first.expires <= now) {
      const row = this.first;
      this.drop(row);
      this.#expired.push(row);
    }
  }

  /** Removes rows until the table has its size; says how many. */
  evict(): number {
    let evicted = 0;
    for (; this.isOverfull; evicted++) this.drop(this.victim());
    return evicted;
  }

  /** Who goes when there are too many. */
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

  /** Rows that went, came back and went again have gone once. */
  compact(): void {
    this.#removed = [...new Set(this.#removed)];
  }

  /**
   * Forgets what was removed and came back unchanged, so that `added` and `removed` are the net difference, and what was
   * put again but had to make room.
   */
  settle(): void {
    this.#settleChanges();
    if (this.#refreshed.every((row) => row.mark <= ADDED)) return;
    this.#refreshed = this.#refreshed.flatMap((row) => (row.mark <= ADDED ? row : (this.#equalOf(row) ?? [])));
  }

  #equalOf({ key, values }: Row): Row | undefined {
    const present = this.find(key);
    return present !== undefined && equalValues(present.values, values) ? present : undefined;
  }

  #settleChanges(): void {
    if (this.#added.some((row) => row.mark !== ADDED)) this.#added = this.#added.filter((row) => row.mark === ADDED);
    if (this.#removed.some((row) => row.mark !== REMOVED)) {
      this.#removed = this.#removed.filter((row) => row.mark === REMOVED);
    }
    if (this.#added.length === 0 || this.#removed.length === 0) return;
    const gone = Map.groupBy(this.#removed, (row) => row.key);
    let isSettled = true;
    for (const row of this.#added) {
      const before = gone.get(row.key)?.pop();
      if (before === undefined || before.mark !== REMOVED || !equalValues(before.values, row.values)) continue;
      isSettled = false;
      this.#isTheSame(before, row);
    }
    if (isSettled) return;
    this.#added = this.#added.filter((row) => row.mark === ADDED);
    this.#removed = this.#removed.filter((row) => row.mark === REMOVED);
  }

  #isTheSame(before: Row, after: Row): void {
    before.mark = CANCELLED;
    this.#unindex(before);
    after.mark = STABLE;
    this.#journal.record(this, "same", before, after);
  }

  /** Ends the commit: removed rows leave the indexes, added ones are rows like any other. */
  finish(): void {
    for (const row of this.#removed) {
      if (row.mark !== REMOVED) continue;
      this.#unindex(row);
      this.#journal.record(this, "unindexed", row, null);
    }
    for (const row of this.#added) {
      if (row.mark !== ADDED) continue;
      row.mark = STABLE;
      this.#journal.record(this, "settled", row, null);
    }
    this.abandon();
  }

  /** Drops the lists of a commit that is over, or being undone. */
  abandon(): void {
    this.#added = [];
    this.#removed = [];
    this.#expired = [];
    this.#refreshed = [];
  }

  undo(operation: Operation, row: Row, detail: Detail): void {
    switch (operation) {
      case "linked":
        this.#unlink(row);
        return this.#unindex(row);
      case "voided":
        row.mark = ADDED;
        this.#index(row);
        return this.#relink(row, detail as Row | null);
      case "dropped":
        row.mark = STABLE;
        return this.#relink(row, detail as Row | null);
      case "left": {
        const { previous, mark } = detail as Left;
        row.mark = mark;
        return this.#relink(row, previous);
      }
      case "gone":
        return this.#index(row);
      case "revived":
        row.mark = REMOVED;
        return this.#unlink(row);
      case "refreshed":
        return this.#unrefresh(row, detail as Refreshed);
      case "same":
        (detail as Row).mark = ADDED;
        this.#index(row);
        row.mark = REMOVED;
        return;
      case "unindexed":
        this.#index(row);
        row.mark = REMOVED;
        return;
      case "settled":
        row.mark = ADDED;
    }
  }

  #refresh(row: Row, now: number, isBase: boolean): void {
    const { previous, expires, stamp } = row;
    this.#journal.record(this, "refreshed", row, { previous, expires, stamp, isBase: row.isBase });
    this.#rows.detach(row);
    this.#append(row, now);
    row.isBase = isBase;
    if (this.spec.notifiesRefreshes) this.#refreshed.push(row);
  }

  #unrefresh(row: Row, { previous, expires, stamp, isBase }: Refreshed): void {
    row.expires = expires;
    row.stamp = stamp;
    row.isBase = isBase;
    this.#rows.detach(row);
    this.#rows.attach(row, previous);
  }

  #link(row: Row, now: number): void {
    row.mark = ADDED;
    this.#append(row, now);
    this.#enlist(row);
    this.#index(row);
    this.#added.push(row);
    this.#journal.record(this, "linked", row, null);
  }

  #append(row: Row, now: number): void {
    const { lifetime, endsAt, hasExpiringDerivations: wantsFresh } = this.spec;
    row.expires = now + lifetime;
    if (endsAt === undefined && wantsFresh !== true) return this.#rows.append(row);
    const end = endsAt === undefined ? undefined : row.values[endsAt];
    if (typeof end === "number" && end < row.expires) row.expires = end;
    this.#rows.place(row);
  }

  #relink(row: Row, previous: Row | null): void {
    this.#rows.attach(row, previous);
    this.#enlist(row);
  }

  #enlist(row: Row): void {
    this.count++;
    this.#groups?.add(row);
    if (this.#isKeyed) this.#byKey.set(row.key, row);
  }

  #unlink(row: Row): void {
    this.#rows.detach(row);
    this.count--;
    this.#groups?.remove(row);
    if (this.#isKeyed) this.#byKey.delete(row.key);
  }

  #index(row: Row): void {
    for (const index of this.#indexes) index.add(row);
  }

  #unindex(row: Row): void {
    for (const index of this.#indexes) index.remove(row);
  }
}
