import type { Values } from "../../plan/values/value.ts";
import type { Table } from "./table.ts";

/** Observer of row changes. Called during the commit; if the step is undone afterwards, so are the changes. */
export interface ChangeListener {
  changed(table: Table, kind: "+" | "-" | "refresh", values: Values): void;
  /** Predicate of the table whose collisions are to be reported. Undefined: none. */
  readonly collidingTable?: number | undefined;
  /** Called when two rows have the same key: the table holds `kept`; `other` was inserted in the same round, or is derivable too. */
  collided?(kept: Values, other: Values): void;
}

/** Counters of all commits of a store, and the set of tables that the running commit has changed. */
export class CommitTally {
  /** Number of insertions that lost to another insertion with the same key in the same round. */
  conflicts = 0;
  evicted = 0;
  expired = 0;
  /** Number of times that an aggregate of a group had no value. */
  failedAggregates = 0;
  readonly #touched = new Set<Table>();
  readonly #listener: ChangeListener;

  constructor(listener: ChangeListener) {
    this.#listener = listener;
  }

  /** Adds the counters of the store that this one replaces. */
  addCountersOf(previous: CommitTally): void {
    this.conflicts += previous.conflicts;
    this.evicted += previous.evicted;
    this.expired += previous.expired;
    this.failedAggregates += previous.failedAggregates;
  }

  /** Tables with changes to report, in the order of their first change. */
  get touched(): ReadonlySet<Table> {
    return this.#touched;
  }

  touch(table: Table): void {
    this.#touched.add(table);
  }

  /** Reports that a row was refreshed. */
  refreshed(table: Table, values: Values): void {
    if (table.spec.notifiesRefreshes) this.#touched.add(table);
    this.#listener.changed(table, "refresh", values);
  }

  /** Whether collisions of the table are reported. */
  watchesCollisions(table: Table): boolean {
    return table.predicate.id === this.#listener.collidingTable;
  }

  /** Reports that two rows of a table have the same key. */
  collided(table: Table, kept: Values, other: Values): void {
    if (this.watchesCollisions(table)) this.#listener.collided?.(kept, other);
  }

  clear(): void {
    this.#touched.clear();
  }
}
