import type { Values } from "../../plan/values/value.ts";
import type { Table } from "./table.ts";

/** Told of each change as it takes effect; several may be taken back if the step fails. */
export interface ChangeListener {
  changed(table: Table, kind: "+" | "-" | "refresh", values: Values): void;
}

/** What commits have done, counted, and which tables the commit under way has touched. */
export class StoreTally {
  /** Rows that lost to another for a key of the same commit. */
  conflicts = 0;
  evicted = 0;
  expired = 0;
  /** Aggregates that have no value for some group. */
  failedAggregates = 0;
  readonly #touched = new Set<Table>();
  readonly #listener: ChangeListener;

  constructor(listener: ChangeListener) {
    this.#listener = listener;
  }

  /** Counts on from what another has counted. */
  addCountersOf(before: StoreTally): void {
    this.conflicts += before.conflicts;
    this.evicted += before.evicted;
    this.expired += before.expired;
    this.failedAggregates += before.failedAggregates;
  }

  get touched(): ReadonlySet<Table> {
    return this.#touched;
  }

  touch(table: Table): void {
    this.#touched.add(table);
  }

  refreshed(table: Table, values: Values): void {
    if (table.spec.notifiesRefreshes) this.#touched.add(table);
    this.#listener.changed(table, "refresh", values);
  }

  clear(): void {
    this.#touched.clear();
  }
}
