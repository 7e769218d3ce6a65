import type { Key } from "../plan/key.ts";
import type { Plan, RowEvent, ViewSpec } from "../plan/plan.ts";
import { compareRows, type Row as Values } from "../plan/value.ts";
import { DerivedRows } from "./derived-rows.ts";
import { Journal } from "./journal.ts";
import { MaintainedAggregate } from "./maintained-aggregate.ts";
import type { Row } from "./row.ts";
import { preferred } from "./rivals.ts";
import { Table } from "./table.ts";

/** What one round wants of the tables. Nothing of it is seen before the commit. */
export interface Change {
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

/** Told of each change as it takes effect; several may be taken back if the step fails. */
export interface ChangeListener {
  changed(table: Table, kind: "+" | "-" | "refresh", values: Values): void;
}

/** Runs a view's strand on one row that entered or left a table. */
export type RunStrand = (strand: number, values: Values) => void;

interface View {
  readonly spec: ViewSpec;
  readonly table: Table;
  readonly aggregate: MaintainedAggregate | undefined;
  /** The table's last view: when it is done, the table is. */
  readonly isLast: boolean;
}

/** All tables of a node, and the views among them, changed commit by commit. */
export class Store {
  readonly tables: readonly (Table | undefined)[];
  readonly journal: Journal;
  /** Rows that lost to another for a key of the same commit. */
  conflicts = 0;
  evicted = 0;
  expired = 0;
  /** Aggregates that have no value for some group. */
  failedAggregates = 0;
  readonly #plan: Plan;
  readonly #views: readonly View[];
  readonly #derived = new Map<number, DerivedRows>();
  readonly #mortal: readonly Table[];
  readonly #touched = new Set<Table>();
  /** Predicates whose refreshed, and whose removed, rows make a rule run. */
  readonly #heardRefreshed: ReadonlySet<number>;
  readonly #heardRemoved: ReadonlySet<number>;
  /** Refreshes of the commit under way that are heard. */
  #refreshed: Delta[] = [];
  readonly #listener: ChangeListener;

  constructor(plan: Plan, listener: ChangeListener, isUndoable = true) {
    this.journal = new Journal(isUndoable);
    this.#plan = plan;
    this.#listener = listener;
    this.tables = plan.predicates.map((spec) => spec.table && new Table(spec, spec.table, this.journal));
    this.#mortal = this.tables.filter((table): table is Table => table !== undefined && table.spec.lifetime < Infinity);
    this.#heardRefreshed = heardRows(plan, "refreshed");
    this.#heardRemoved = heardRows(plan, "removed");
    this.#views = plan.views.map((spec, at) => this.#view(spec, plan.views[at + 1]));
  }

  #view(spec: ViewSpec, next: ViewSpec | undefined): View {
    const table = this.table(spec.predicate);
    if (!this.#derived.has(spec.predicate)) this.#derived.set(spec.predicate, new DerivedRows(table, this.journal));
    const aggregate = spec.aggregate && new MaintainedAggregate(spec.aggregate, this.journal);
    return { spec, table, aggregate, isLast: next?.predicate !== spec.predicate };
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
  contribute(view: number, sign: 1 | -1, values: Values): void {
    const { aggregate, spec } = this.#views[view] as View;
    if (aggregate === undefined) this.#derived.get(spec.predicate)?.contribute(values, sign);
    else aggregate.contribute(values, sign);
  }

  /** Deletions, then insertions, expiry and eviction, then the views; what is new afterwards is the result. */
  commit(changes: readonly Change[], now: number, run: RunStrand): readonly Delta[] {
    for (const table of this.#mortal) this.#expire(table, now);
    for (const change of changes) if (change.isDelete) this.#delete(change);
    this.#insertAll(changes, now);
    for (const table of this.#touched) this.#evict(table);
    for (const table of this.#touched) table.settle();
    for (const view of this.#views) this.#maintain(view, now, run);
    return this.#finish();
  }

  /** Takes back everything since the journal was last cleared. */
  undo(): void {
    for (const derived of this.#derived.values()) derived.abandon();
    for (const view of this.#views) view.aggregate?.abandon();
    this.journal.undo();
    for (const table of this.tables) table?.abandon();
    this.#touched.clear();
    this.#refreshed = [];
  }

  #expire(table: Table, now: number): void {
    if (table.first === null || table.first.expires > now) return;
    table.expire(now);
    this.expired += table.expired.length;
    this.#touched.add(table);
  }

  #delete({ table, values }: Change): void {
    for (const row of table.matching(values)) {
      table.drop(row);
      this.#touched.add(table);
    }
  }

  #insertAll(changes: readonly Change[], now: number): void {
    const inserts = changes.filter((change) => !change.isDelete);
    if (inserts.length > 1) return this.#insertRivals(inserts, now);
    for (const change of inserts) this.#insert(change, change.table.keyOf(change.values), now);
  }

  /** One row a key: the others are counted. */
  #insertRivals(inserts: readonly Change[], now: number): void {
    const chosen = new Map<Table, Map<Key, Change>>();
    const kept = inserts.filter(({ table }) => table.spec.keys.length === 0);
    for (const change of inserts) if (change.table.spec.keys.length > 0) this.#choose(change, chosen);
    for (const changes of chosen.values()) kept.push(...changes.values());
    for (const change of ordered(kept)) this.#insert(change, change.table.keyOf(change.values), now);
  }

  #choose(change: Change, chosen: Map<Table, Map<Key, Change>>): void {
    const key = change.table.keyOf(change.values);
    const rivals = chosen.get(change.table) ?? new Map<Key, Change>();
    chosen.set(change.table, rivals);
    const rival = rivals.get(key);
    rivals.set(key, rival === undefined ? change : this.#better(rival, change, key));
  }

  #better(rival: Change, change: Change, key: Key): Change {
    const best = preferred(rival.values, change.values, change.table.find(key)?.values);
    this.conflicts++;
    return best === rival.values ? rival : change;
  }

  #insert({ table, values }: Change, key: Key, now: number): void {
    const outcome = table.insert(values, key, now);
    if (outcome === "refreshed") this.#refresh(table, values);
    else this.#touched.add(table);
  }

  #refresh(table: Table, values: Values): void {
    this.#listener.changed(table, "refresh", values);
    const predicate = table.predicate.id;
    if (this.#heardRefreshed.has(predicate)) this.#refreshed.push({ kind: "refreshed", predicate, values });
  }

  #evict(table: Table): void {
    this.evicted += table.evict();
  }

  #maintain(view: View, now: number, run: RunStrand): void {
    for (const strand of view.spec.strands) this.#runMaintenance(strand, run);
    const derived = this.#derived.get(view.spec.predicate) as DerivedRows;
    if (view.aggregate !== undefined) {
      this.failedAggregates += view.aggregate.flush((values, change) => derived.contribute(values, change));
    }
    if (!view.isLast) return;
    derived.settle(now);
    if (view.table.isChanged) this.#touched.add(view.table);
  }

  #runMaintenance(strand: number, run: RunStrand): void {
    const trigger = this.#plan.strands[strand]?.trigger;
    if (trigger === undefined) return;
    const table = this.table(trigger.predicate);
    const rows: readonly Row[] = trigger.kind === "vanished" ? table.removed : table.added;
    for (const row of rows) run(strand, row.values);
  }

  #finish(): readonly Delta[] {
    const deltas = this.#refreshed;
    this.#refreshed = [];
    if (this.#touched.size === 0) return deltas;
    for (const table of this.#touched) {
      const predicate = table.predicate.id;
      for (const row of table.removed) this.#listener.changed(table, "-", row.values);
      for (const { values } of table.added) {
        this.#listener.changed(table, "+", values);
        deltas.push({ kind: "inserted", predicate, values });
      }
      if (this.#heardRemoved.has(predicate)) {
        for (const { values } of table.removed) deltas.push({ kind: "removed", predicate, values });
      }
      for (const { values } of table.expired) deltas.push({ kind: "expired", predicate, values });
      table.finish();
    }
    this.#touched.clear();
    return deltas;
  }
}

function heardRows(plan: Plan, kind: RowEvent): ReadonlySet<number> {
  return new Set(plan.strands.filter(({ trigger }) => trigger.kind === kind).map(({ trigger }) => trigger.predicate));
}

/** Which of two rows of one commit is the older decides who is evicted: the smaller, whatever the order of the rules. */
function ordered(inserts: readonly Change[]): readonly Change[] {
  const isBounded = inserts.some(({ table }) => table.spec.size < Infinity);
  return isBounded ? inserts.toSorted((a, b) => compareRows(a.values, b.values)) : inserts;
}
