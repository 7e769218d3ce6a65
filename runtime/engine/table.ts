import type { Key } from "../plan/key.ts";
import { ADDED, REMOVED, STABLE } from "../plan/lib.ts";
import type { PredicateSpec, TableSpec } from "../plan/plan.ts";
import { compare, compareRows, equalRows, type Row as Values, type Value } from "../plan/value.ts";
import { Index, keyOfColumns } from "./index.ts";
import type { Journal } from "./journal.ts";
import { Row, VOID } from "./row.ts";

export type InsertOutcome = "new" | "refreshed" | "replaced";

/**
 * The rows of one predicate on one node. Strands read it (`find`, `bucket`, `first`), only commits change it.
 * During a commit removed rows stay in the indexes, marked, so that views can join the state before; `find` and the
 * linked list always show the state after.
 */
export class Table {
  readonly predicate: PredicateSpec;
  readonly spec: TableSpec;
  /** The oldest row: the next to expire, and to go when the table is too long. */
  first: Row | null = null;
  count = 0;
  #last: Row | null = null;
  readonly #byKey = new Map<Key, Row>();
  readonly #indexes: readonly Index[];
  readonly #journal: Journal;
  #added: Row[] = [];
  #removed: Row[] = [];
  #expired: Row[] = [];

  constructor(predicate: PredicateSpec, spec: TableSpec, journal: Journal) {
    this.predicate = predicate;
    this.spec = spec;
    this.#journal = journal;
    this.#indexes = spec.indexes.map((columns, number) => new Index(columns, number));
  }

  /** The row with this primary key. */
  find(key: Key): Row | undefined {
    return this.#byKey.get(key);
  }

  bucket(index: number, key: Key): readonly Row[] {
    return (this.#indexes[index] as Index).bucket(key);
  }

  keyOf(values: Values): Key {
    return keyOfColumns(values, this.spec.keys);
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

  get isChanged(): boolean {
    return this.#added.length > 0 || this.#removed.length > 0;
  }

  /** Puts a row that something other than a view rule brings. */
  insert(values: Values, now: number): InsertOutcome {
    const present = this.#withKeyOf(values);
    if (present !== undefined && equalRows(present.values, values)) {
      this.#refresh(present, now);
      return "refreshed";
    }
    if (present !== undefined) this.drop(present);
    this.#link(new Row(values, true), now);
    return present === undefined ? "new" : "replaced";
  }

  /** Shows a row that view rules derive; the caller has made room at its key. */
  show(values: Values, now: number): void {
    this.#link(new Row(values, false), now);
  }

  /** The rows that equal `values` on the key; on all columns where there is no key. */
  matching(values: Values): readonly Row[] {
    if (this.spec.keys.length > 0) {
      const row = this.#byKey.get(this.keyOf(values));
      return row === undefined ? [] : [row];
    }
    const rows: Row[] = [];
    for (let row = this.first; row !== null; row = row.next) if (equalRows(row.values, values)) rows.push(row);
    return rows;
  }

  drop(row: Row): void {
    const { previous } = row;
    this.#unlink(row);
    if (row.mark === ADDED) {
      this.#unindex(row);
      row.mark = VOID;
      this.#journal.record(() => {
        row.mark = ADDED;
        this.#index(row);
        this.#relink(row, previous);
      });
      return;
    }
    row.mark = REMOVED;
    this.#removed.push(row);
    this.#journal.record(() => {
      row.mark = STABLE;
      this.#relink(row, previous);
    });
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
    for (; this.count > this.spec.size; evicted++) this.drop(this.#victim());
    return evicted;
  }

  #victim(): Row {
    const { evict } = this.spec;
    if (this.first === null) throw new Error(`${this.predicate.name} is over its size and empty`);
    if (evict.policy === "fifo") return this.first;
    const direction = evict.policy === "max" ? 1 : -1;
    let victim = this.first;
    for (let row = this.first.next; row !== null; row = row.next) {
      const order = compare(row.values[evict.column] as Value, victim.values[evict.column] as Value);
      if (order * direction > 0) victim = row;
    }
    return victim;
  }

  /** Forgets what was removed and came back unchanged, so that `added` and `removed` are the net difference. */
  settle(): void {
    this.#added = this.#added.filter((row) => row.mark === ADDED);
    if (this.#added.length === 0 || this.#removed.length === 0) return;
    const gone = new Map(this.#removed.map((row) => [this.#wholeKey(row), row]));
    for (const row of this.#added) {
      const before = gone.get(this.#wholeKey(row));
      if (before !== undefined && equalRows(before.values, row.values)) this.#isTheSame(before, row);
    }
    this.#added = this.#added.filter((row) => row.mark === ADDED);
    this.#removed = this.#removed.filter((row) => row.mark === REMOVED);
  }

  #wholeKey(row: Row): Key {
    return this.spec.keys.length > 0 ? this.keyOf(row.values) : compareKey(row.values);
  }

  #isTheSame(before: Row, after: Row): void {
    before.mark = VOID;
    this.#unindex(before);
    after.mark = STABLE;
    this.#journal.record(() => {
      after.mark = ADDED;
      this.#index(before);
      before.mark = REMOVED;
    });
  }

  /** Ends the commit: removed rows leave the indexes, added ones are rows like any other. */
  finish(): void {
    const added = this.#added.filter((row) => row.mark === ADDED);
    const removed = this.#removed.filter((row) => row.mark === REMOVED);
    for (const row of removed) this.#unindex(row);
    for (const row of added) row.mark = STABLE;
    this.#journal.record(() => {
      for (const row of removed) {
        this.#index(row);
        row.mark = REMOVED;
      }
      for (const row of added) row.mark = ADDED;
    });
    this.#added = [];
    this.#removed = [];
    this.#expired = [];
  }

  /** Drops the lists of a commit that is being undone. */
  abandon(): void {
    this.#added = [];
    this.#removed = [];
    this.#expired = [];
  }

  #withKeyOf(values: Values): Row | undefined {
    return this.spec.keys.length === 0 ? undefined : this.#byKey.get(this.keyOf(values));
  }

  #refresh(row: Row, now: number): void {
    const { previous, expires, isBase } = row;
    this.#detach(row);
    this.#attach(row, this.#last);
    row.expires = now + this.spec.lifetime;
    row.isBase = true;
    this.#journal.record(() => {
      row.expires = expires;
      row.isBase = isBase;
      this.#detach(row);
      this.#attach(row, previous);
    });
  }

  #link(row: Row, now: number): void {
    row.expires = now + this.spec.lifetime;
    row.mark = ADDED;
    this.#relink(row, this.#last);
    this.#index(row);
    this.#added.push(row);
    this.#journal.record(() => {
      this.#unlink(row);
      this.#unindex(row);
    });
  }

  #relink(row: Row, previous: Row | null): void {
    this.#attach(row, previous);
    this.count++;
    if (this.spec.keys.length > 0) this.#byKey.set(this.keyOf(row.values), row);
  }

  #unlink(row: Row): void {
    this.#detach(row);
    this.count--;
    if (this.spec.keys.length > 0) this.#byKey.delete(this.keyOf(row.values));
  }

  #index(row: Row): void {
    for (const index of this.#indexes) index.add(row);
  }

  #unindex(row: Row): void {
    for (const index of this.#indexes) index.remove(row);
  }

  #attach(row: Row, previous: Row | null): void {
    const next = previous === null ? this.first : previous.next;
    row.previous = previous;
    row.next = next;
    if (previous === null) this.first = row;
    else previous.next = row;
    if (next === null) this.#last = row;
    else next.previous = row;
  }

  #detach(row: Row): void {
    if (row.previous === null) this.first = row.next;
    else row.previous.next = row.next;
    if (row.next === null) this.#last = row.previous;
    else row.next.previous = row.previous;
  }
}

function compareKey(values: Values): Key {
  return keyOfColumns(values, [...values.keys()]);
}

/** Of several rows that claim one key in one commit: a changed row beats a refresh, then the greatest wins. */
export function preferred(one: Values, other: Values, present: Values | undefined): Values {
  if (present !== undefined && equalRows(one, present)) return other;
  if (present !== undefined && equalRows(other, present)) return one;
  return compareRows(one, other) >= 0 ? one : other;
}
