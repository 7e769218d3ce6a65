import type { Key } from "../plan/values/key.ts";
import type { Plan, RowEvent, Sign } from "../plan/contract/plan.ts";
import { compareValues, type Values } from "../plan/values/value.ts";
import { Journal } from "./tables/journal.ts";
import type { Limits } from "./limits.ts";
import { resolveConflict } from "./tables/key-conflict.ts";
import { type ChangeListener, StoreTally } from "./tables/store-tally.ts";
import { Table } from "./tables/table.ts";
import type { RunStrand } from "./derived/stratum.ts";
import { DerivedTables } from "./derived/derived-tables.ts";

/** What one round wants of the tables. Nothing of it is seen before the commit. */
export interface TableChange {
  readonly table: Table;
  readonly values: Values;
  readonly isDelete: boolean;
}

/** What a commit did to a row. Only what some rule hears is told of refreshed and removed rows. */
export interface Delta {
  readonly kind: RowEvent;
  readonly predicate: number;
  readonly values: Values;
}

/** A row that something other than a view rule has put into a table, with the time it has left. */
export interface BaseRow {
  readonly table: Table;
  readonly values: Values;
  /** Seconds on the node's clock. */
  readonly expires: number;
}

/** All tables of a node, and the views among them, changed commit by commit. */
export class Store {
  readonly tables: readonly (Table | undefined)[];
  readonly journal: Journal;
  readonly tally: StoreTally;
  readonly #plan: Plan;
  readonly #views: DerivedTables;
  readonly #mortal: readonly Table[];
  /** Predicates whose refreshed, and whose removed, rows make a rule run. */
  readonly #heardRefreshed: ReadonlySet<number>;
  readonly #heardRemoved: ReadonlySet<number>;
  readonly #listener: ChangeListener;

  constructor(plan: Plan, listener: ChangeListener, limits: Limits) {
    this.journal = new Journal(limits.derivations < Infinity);
    this.#plan = plan;
    this.#listener = listener;
    this.tally = new StoreTally(listener);
    this.tables = plan.predicates.map((spec) => spec.table && new Table(spec, spec.table, this.journal));
    for (const table of this.tables) {
      if (table?.spec.baseOf !== undefined) this.table(table.spec.baseOf).keepBasesIn(table);
    }
    this.#mortal = this.tables.filter((table): table is Table => table !== undefined && isMortal(table));
    this.#heardRefreshed = heardRows(plan, "refreshed");
    this.#heardRemoved = heardRows(plan, "deleted");
    this.#views = new DerivedTables(plan, (predicate) => this.table(predicate), this.journal, this.tally, limits);
  }

  table(predicate: number): Table {
    const table = this.tables[predicate];
    if (table === undefined) throw new Error(`${this.#plan.predicates[predicate]?.name} is no table`);
    return table;
  }

  /** When the next row's time is up. */
  nextExpiry(): number {
    let next = Infinity;
    for (const { first } of this.#mortal) if (first !== null && first.expires < next) next = first.expires;
    return next;
  }

  /** A strand of a view has found, or lost, a derivation. */
  contribute(view: number, sign: Sign, values: Values): void {
    this.#views.contribute(view, sign, values);
  }

  /** A strand of a view has found a better value in recursion. */
  improve(view: number): void {
    this.#views.improve(view);
  }

  /** Deletions, then insertions, expiry and eviction, then the views; what is new afterwards is the result. */
  commit(changes: readonly TableChange[], now: number, run: RunStrand): readonly Delta[] {
    for (const table of this.#mortal) this.#expire(table, now);
    for (const change of changes) if (change.isDelete) this.#delete(change);
    this.#insertAll(changes, now);
    for (const table of this.tally.touched) this.tally.evicted += table.evict();
    for (const table of this.tally.touched) table.settle();
    this.#views.update(now, run);
    return this.#finish();
  }

  /** Rows whose time is up, and which cannot go, stay for another lifetime. */
  postponeExpiry(now: number): void {
    for (const table of this.#mortal) {
      while (table.first !== null && table.first.expires <= now) table.renew(table.first, now);
      table.abandon();
    }
    this.journal.clear();
  }

  /** Puts rows as they were in another store, oldest first, before anything else is put; the views follow. */
  adopt(rows: readonly BaseRow[], now: number, run: RunStrand): readonly Delta[] {
    for (const { table, values, expires } of rows) {
      table.restore(values, expires, now);
      this.#touch(table);
    }
    return this.commit([], now, run);
  }

  /** Takes back everything since the journal was last cleared. */
  undo(): void {
    this.#views.abandon();
    this.journal.undo();
    for (const table of this.tables) table?.abandon();
    this.tally.clear();
  }

  #expire(table: Table, now: number): void {
    if (table.first === null || table.first.expires > now) return;
    table.expire(now);
    if (!isCopy(table)) this.tally.expired += table.expired.length;
    this.#touch(table);
  }

  #delete({ table, values }: TableChange): void {
    for (const row of table.matching(values)) {
      table.drop(row);
      this.#touch(table);
    }
  }

  #insertAll(changes: readonly TableChange[], now: number): void {
    const inserts = changes.filter((change) => !change.isDelete);
    if (inserts.length > 1) return this.#insertRivals(inserts, now);
    for (const change of inserts) this.#insert(change, change.table.keyOf(change.values), now);
  }

  /** One row a key: the others are counted. */
  #insertRivals(inserts: readonly TableChange[], now: number): void {
    const chosen = new Map<Table, Map<Key, TableChange>>();
    const kept = inserts.filter(({ table }) => table.spec.keys.length === 0);
    for (const change of inserts) if (change.table.spec.keys.length > 0) this.#choose(change, chosen);
    for (const changes of chosen.values()) kept.push(...changes.values());
    for (const change of ordered(kept)) this.#insert(change, change.table.keyOf(change.values), now);
  }

  #choose(change: TableChange, chosen: Map<Table, Map<Key, TableChange>>): void {
    const key = change.table.keyOf(change.values);
    const rivals = chosen.get(change.table) ?? new Map<Key, TableChange>();
    chosen.set(change.table, rivals);
    const rival = rivals.get(key);
    rivals.set(key, rival === undefined ? change : this.#better(rival, change, key));
  }

  #better(rival: TableChange, change: TableChange, key: Key): TableChange {
    const best = resolveConflict(rival.values, change.values, change.table.find(key)?.values);
    this.tally.conflicts++;
    return best === rival.values ? rival : change;
  }

  #insert({ table, values }: TableChange, key: Key, now: number): void {
    const outcome = table.insert(values, key, now);
    if (outcome === "refreshed") this.tally.refreshed(table, values);
    else this.tally.touch(table);
    if (table.bases !== undefined) this.tally.touch(table.bases);
  }

  #touch(table: Table): void {
    this.tally.touch(table);
    if (table.bases !== undefined) this.tally.touch(table.bases);
  }

  #finish(): readonly Delta[] {
    if (this.tally.touched.size === 0) return [];
    const deltas: Delta[] = [];
    for (const table of this.tally.touched) {
      const predicate = table.predicate.id;
      if (this.#heardRefreshed.has(predicate)) {
        for (const { values } of new Set(table.refreshed)) deltas.push({ kind: "refreshed", predicate, values });
      }
      for (const row of table.removed) this.#listener.changed(table, "-", row.values);
      for (const { values } of table.added) {
        this.#listener.changed(table, "+", values);
        deltas.push({ kind: "inserted", predicate, values });
      }
      if (this.#heardRemoved.has(predicate)) {
        for (const { values } of table.removed) deltas.push({ kind: "deleted", predicate, values });
      }
      for (const { values } of table.expired) deltas.push({ kind: "expired", predicate, values });
      table.finish();
    }
    this.tally.clear();
    return deltas;
  }
}

/** Rows may have an end of their own, whatever the table gives them. */
function isMortal({ spec: { lifetime, endsAt } }: Table): boolean {
  return lifetime < Infinity || endsAt !== undefined;
}

/** What is counted is counted where programs see it. */
function isCopy({ spec }: Table): boolean {
  return spec.hasExpiringDerivations === true || spec.baseOf !== undefined;
}

function heardRows(plan: Plan, kind: RowEvent): ReadonlySet<number> {
  return new Set(plan.strands.filter(({ trigger }) => trigger.kind === kind).map(({ trigger }) => trigger.predicate));
}

/** Which of two rows of one commit is the older decides who is evicted: the smaller, whatever the order of the rules. */
function ordered(inserts: readonly TableChange[]): readonly TableChange[] {
  const isBounded = inserts.some(({ table }) => table.spec.size < Infinity);
  return isBounded ? inserts.toSorted((a, b) => compareValues(a.values, b.values)) : inserts;
}
