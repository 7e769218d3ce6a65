import { type Key, keyOfRow } from "../plan/key.ts";
import { compareRows, equalRows, type Row as Values } from "../plan/value.ts";
import type { Journal, Undoable } from "./journal.ts";
import type { Table } from "./table.ts";

/** A row that view rules derive, and by how many derivations. */
interface Support {
  readonly values: Values;
  /** Of all columns, and of the table's key. */
  readonly whole: string;
  readonly key: Key;
  count: number;
}

/** What the journal is told of a support; the detail is its count before. */
type Operation = "counted" | "created" | "forgotten";

/**
 * What view rules derive for one table, counted, and how the table follows it. A pure view shows the smallest of the
 * rows that share a key; in a mixed table a derived row appears when its first support does, and leaves with its last
 * unless something else has put it there too.
 */
export class DerivedRows implements Undoable<Operation, Support, number> {
  readonly #table: Table;
  readonly #journal: Journal;
  readonly #supports = new Map<string, Support>();
  /** Pure views: all derived rows of a key. */
  readonly #byKey = new Map<Key, Set<Support>>();
  readonly #touched = new Map<Support, number>();

  constructor(table: Table, journal: Journal) {
    this.#table = table;
    this.#journal = journal;
  }

  contribute(values: Values, change: number): void {
    const whole = keyOfRow(values);
    const support = this.#supports.get(whole) ?? this.#create(whole, values);
    const before = support.count;
    if (!this.#touched.has(support)) this.#touched.set(support, before);
    support.count += change;
    this.#journal.record(this, "counted", support, before);
  }

  undo(operation: Operation, support: Support, before: number): void {
    switch (operation) {
      case "counted":
        support.count = before;
        return;
      case "created":
        return this.#remove(support);
      case "forgotten":
        return this.#store(support);
    }
  }

  /** Brings the table in line with what was contributed since the last time. */
  settle(now: number): void {
    const grown = new Map<Key, boolean>();
    for (const [support, before] of this.#touched) {
      if (support.count < 0) throw new Error(`${this.#table.predicate.name} lost a derivation it never had`);
      grown.set(support.key, grown.get(support.key) === true || support.count > before);
      if (support.count === 0) this.#forget(support);
    }
    for (const [key, hasGrown] of grown) this.#follow(key, hasGrown, now);
    this.#touched.clear();
    this.#table.settle();
  }

  abandon(): void {
    this.#touched.clear();
  }

  #create(whole: string, values: Values): Support {
    const support = { values, whole, key: this.#table.keyOf(values), count: 0 };
    this.#store(support);
    this.#journal.record(this, "created", support, 0);
    return support;
  }

  #forget(support: Support): void {
    this.#remove(support);
    this.#journal.record(this, "forgotten", support, 0);
  }

  #store(support: Support): void {
    this.#supports.set(support.whole, support);
    const sharing = this.#byKey.get(support.key);
    if (sharing === undefined) this.#byKey.set(support.key, new Set([support]));
    else sharing.add(support);
  }

  #remove(support: Support): void {
    this.#supports.delete(support.whole);
    const sharing = this.#byKey.get(support.key);
    sharing?.delete(support);
    if (sharing?.size === 0) this.#byKey.delete(support.key);
  }

  /**
   * A pure view shows the smallest row of the key. In a mixed table a row that something else put there stays; a derived
   * row that was deleted comes back when a derivation is added.
   */
  #follow(key: Key, hasGrown: boolean, now: number): void {
    const present = this.#table.find(key);
    if (this.#table.spec.view === "pure") return this.#showSmallest(key, now);
    if (present === undefined ? hasGrown : !present.isBase) this.#showSmallest(key, now);
  }

  #showSmallest(key: Key, now: number): void {
    let smallest: Values | undefined;
    for (const { values, count } of this.#byKey.get(key) ?? []) {
      if (count > 0 && (smallest === undefined || compareRows(values, smallest) < 0)) smallest = values;
    }
    const present = this.#table.find(key);
    if (present !== undefined && smallest !== undefined && equalRows(present.values, smallest)) return;
    if (present !== undefined) this.#table.drop(present);
    if (smallest !== undefined) this.#table.show(smallest, key, now);
  }
}
