/**
 * All tables of a node, changed commit by commit.
 *
 * The engine calls `commit` at the end of each round with the table changes of the round. A commit goes:
 *  1. Expiry, deletions, insertions and evictions of base rows.
 *  2. Maintenance of derived tables, stratum by stratum.
 *  3. Row events: the net changes of each table, for the strands that run in the next round.
 *
 * The journal records every change of a step, and `undo` reverts them all.
 */
import type { Plan, RowEvent, Sign } from "../plan/contract/plan.ts";
import type { Key } from "../plan/values/key.ts";
import { compareValues, type Values } from "../plan/values/value.ts";
import { DerivedTables } from "./derived/derived-tables.ts";
import type { RunStrand } from "./derived/stratum.ts";
import { endsAtLimit, LimitExceeded, type Limits } from "./limits/limits.ts";
import type { MemoryUse } from "./limits/memory-use.ts";
import { type ChangeListener, CommitTally } from "./tables/commit-tally.ts";
import { Journal, type RowObserver } from "./tables/journal.ts";
import { resolveConflict } from "./tables/key-conflict.ts";
import { Table } from "./tables/table.ts";

/** Number of insertions up to which equal keys are found by comparison instead of a map. */
const FEW_INSERTS = 8;

/** Insertion or deletion that a round asks for. It takes effect at the commit. */
export interface TableChange {
  readonly table: Table;
  readonly values: Values;
  readonly isDelete: boolean;
}

/** Row event of a commit. A refreshed or deleted row is reported only if a rule subscribes to such row events of its predicate. */
export interface Delta {
  readonly kind: RowEvent;
  readonly predicate: number;
  readonly values: Values;
}

/** Row that was inserted, not derived, with its expiry time in seconds on the node's clock. */
export interface BaseRow {
  readonly table: Table;
  readonly values: Values;
  readonly expires: number;
}

/** Tables of one node. */
export class Store {
  readonly tables: readonly (Table | undefined)[];
  readonly journal: Journal;
  readonly tally: CommitTally;
  readonly #plan: Plan;
  readonly #derivedTables: DerivedTables;
  /** Tables whose rows can expire. */
  readonly #expiring: readonly Table[];
  /** Predicates with a rule that subscribes to refreshed rows. */
  readonly #subscribedRefreshes: ReadonlySet<number>;
  readonly #subscribedDeletions: ReadonlySet<number>;
  readonly #listener: ChangeListener;

  constructor(plan: Plan, listener: ChangeListener, limits: Limits, memory: MemoryUse) {
    this.journal = new Journal(memory, !endsAtLimit(limits));
    this.#plan = plan;
    this.#listener = listener;
    this.tally = new CommitTally(listener);
    this.tables = plan.predicates.map((spec) => spec.table && new Table(spec, spec.table, this.journal));
    for (const table of this.tables) {
      if (table?.spec.baseOf !== undefined) this.table(table.spec.baseOf).mirrorBaseRowsIn(table);
    }
    this.#expiring = this.tables.filter((table): table is Table => table !== undefined && isExpiring(table));
    this.#subscribedRefreshes = predicatesWithStrands(plan, "refreshed");
    this.#subscribedDeletions = predicatesWithStrands(plan, "deleted");
    this.#derivedTables = new DerivedTables(plan, {
      table: (predicate) => this.table(predicate),
      journal: this.journal,
      tally: this.tally,
      limit: {
        runs: limits.derivations,
        exceeded: (strand) => {
          throw new LimitExceeded("derivations", strand);
        },
        computedRows: limits.computedRows,
        computedTooMany: (strand, most) => {
          throw new LimitExceeded("computedRows", strand, most);
        },
        checkMemory: (strand) => memory.check(strand),
      },
    });
  }

  table(predicate: number): Table {
    const table = this.tables[predicate];
    if (table === undefined) throw new Error(`${this.#plan.predicates[predicate]?.name} is no table`);
    return table;
  }

  /** Time at which the next row expires, in seconds on the node's clock; Infinity if none does. */
  nextExpiry(): number {
    let next = Infinity;
    for (const { first } of this.#expiring) if (first !== null && first.expires < next) next = first.expires;
    return next;
  }

  /** Takes a derivation that a strand reports for a rule of a derived table. */
  contribute(rule: number, sign: Sign, values: Values, rank: number): void {
    this.#derivedTables.contribute(rule, sign, values, rank);
  }

  /** Notes that a recursive rule derived a better cost than one in its body. Called by strands. */
  costDecreased(rule: number): void {
    this.#derivedTables.costDecreased(rule);
  }

  /** Applies the changes, updates the derived tables by running their strands, and returns the row events. */
  commit(changes: readonly TableChange[], now: number, run: RunStrand): readonly Delta[] {
    for (const table of this.#expiring) this.#expire(table, now);
    for (const change of changes) if (change.isDelete) this.#delete(change);
    this.#insertAll(changes, now);
    for (const table of this.tally.touched) this.tally.evicted += table.evict();
    for (const table of this.tally.touched) table.cancelOpposites();
    this.#derivedTables.update(now, run);
    return this.#finish();
  }

  /** Lets expired rows live for another lifetime. Called when the step that should have deleted them was undone. */
  postponeExpiry(now: number): void {
    for (const table of this.#expiring) {
      while (table.first !== null && table.first.expires <= now) table.refresh(table.first, now);
      table.discardChanges();
    }
    this.journal.endStep();
  }

  /** Restores base rows of the previous program, given in order of expiry, and computes the derived tables. */
  adopt(rows: readonly BaseRow[], now: number, run: RunStrand): readonly Delta[] {
    for (const { table, values, expires } of rows) {
      table.restore(values, expires, now);
      this.#touch(table);
    }
    return this.commit([], now, run);
  }

  /** Reverts the running step. */
  undo(): void {
    this.#derivedTables.abandon();
    this.journal.undo();
    for (const table of this.tables) table?.discardChanges();
    this.tally.clear();
  }

  /** Reports each row that the tables hold, and from now on each change of the rows, to the observer. */
  observe(observer: RowObserver): void {
    this.journal.observer = observer;
    for (const table of this.tables) {
      for (let row = table?.first ?? null; row !== null; row = row.next) observer.added(table as Table, row);
    }
  }

  #expire(table: Table, now: number): void {
    if (table.first === null || table.first.expires > now) return;
    table.expire(now);
    if (!isGenerated(table)) this.tally.expired += table.expired.length;
    this.#touch(table);
  }

  #delete({ table, values }: TableChange): void {
    for (const row of table.matching(values)) {
      table.delete(row);
      this.#touch(table);
    }
  }

  #insertAll(changes: readonly TableChange[], now: number): void {
    const inserts = changes.some(({ isDelete }) => isDelete) ? changes.filter((change) => !change.isDelete) : changes;
    const [first] = inserts;
    if (first === undefined) return;
    if (inserts.length > 1 && !areOfOneUnboundedTable(inserts)) this.#insertIntoSeveral(inserts, now);
    else if (first.table.isKeyed) this.#insertByKey(inserts, now);
    else for (const change of inserts) this.#insert(change, change.table.keyOf(change.values), now);
  }

  /** Inserts into one table with a primary key: one row for each key. Most rounds with insertions make only this call. */
  #insertByKey(inserts: readonly TableChange[], now: number): void {
    if (inserts.length <= FEW_INSERTS) {
      const keys = inserts.map(({ table, values }) => table.keyOf(values));
      if (areDistinct(keys)) return inserts.forEach((change, at) => this.#insert(change, keys[at] as Key, now));
    }
    const chosen = new Map<Key, TableChange>();
    for (const change of inserts) this.#choose(change, chosen);
    for (const [key, change] of chosen) this.#insert(change, key, now);
  }

  #insertIntoSeveral(inserts: readonly TableChange[], now: number): void {
    const chosen = new Map<Table, Map<Key, TableChange>>();
    const winners = inserts.filter(({ table }) => !table.isKeyed);
    for (const change of inserts) {
      const { table } = change;
      if (!table.isKeyed) continue;
      const ofTable = chosen.get(table) ?? new Map<Key, TableChange>();
      chosen.set(table, ofTable);
      this.#choose(change, ofTable);
    }
    for (const changes of chosen.values()) for (const change of changes.values()) winners.push(change);
    for (const change of inOrder(winners)) this.#insert(change, change.table.keyOf(change.values), now);
  }

  /** Adds a change to the changes of its table by primary key. If another change has its key, one of the two counts as a conflict. */
  #choose(change: TableChange, chosen: Map<Key, TableChange>): void {
    const key = change.table.keyOf(change.values);
    const other = chosen.get(key);
    chosen.set(key, other === undefined ? change : this.#winner(other, change, key));
  }

  #winner(one: TableChange, other: TableChange, key: Key): TableChange {
    const winner = resolveConflict(one.values, other.values, other.table.find(key)?.values);
    this.tally.conflicts++;
    const [kept, lost] = winner === one.values ? [one, other] : [other, one];
    this.tally.collided(kept.table, kept.values, lost.values);
    return kept;
  }

  #insert({ table, values }: TableChange, key: Key, now: number): void {
    const outcome = table.insert(values, key, now);
    if (outcome === "refreshed") this.tally.refreshed(table, values);
    else this.tally.touch(table);
    if (table.baseRows !== undefined) this.tally.touch(table.baseRows);
  }

  #touch(table: Table): void {
    this.tally.touch(table);
    if (table.baseRows !== undefined) this.tally.touch(table.baseRows);
  }

  /** Reports the net changes of all touched tables, and ends the commit. */
  #finish(): readonly Delta[] {
    if (this.tally.touched.size === 0) return [];
    const deltas: Delta[] = [];
    for (const table of this.tally.touched) {
      const predicate = table.predicate.id;
      if (this.#subscribedRefreshes.has(predicate)) {
        for (const { values } of new Set(table.refreshed)) deltas.push({ kind: "refreshed", predicate, values });
      }
      for (const row of table.removed) this.#listener.changed(table, "-", row.values);
      for (const { values } of table.added) {
        this.#listener.changed(table, "+", values);
        deltas.push({ kind: "inserted", predicate, values });
      }
      if (this.#subscribedDeletions.has(predicate)) {
        for (const { values } of table.removed) deltas.push({ kind: "deleted", predicate, values });
      }
      for (const { values } of table.expired) deltas.push({ kind: "expired", predicate, values });
      table.finishCommit();
    }
    this.tally.clear();
    return deltas;
  }
}

/** Whether rows of the table can expire: by the lifetime of the table, or by a column that holds their expiry time. */
function isExpiring({ spec: { lifetime, endsAt } }: Table): boolean {
  return lifetime < Infinity || endsAt !== undefined;
}

/**
 * Whether the compiler added the table as a companion of a table of the program. Expired rows are then counted only for the table of the
 * program.
 */
function isGenerated({ spec }: Table): boolean {
  return spec.hasExpiringDerivations === true || spec.baseOf !== undefined;
}

function predicatesWithStrands(plan: Plan, kind: RowEvent): ReadonlySet<number> {
  return new Set(plan.strands.filter(({ trigger }) => trigger.kind === kind).map(({ trigger }) => trigger.predicate));
}

function areDistinct(keys: readonly Key[]): boolean {
  return keys.every((key, at) => keys.indexOf(key) === at);
}

function areOfOneUnboundedTable(inserts: readonly TableChange[]): boolean {
  const first = inserts[0]?.table;
  return first?.spec.size === Infinity && inserts.every(({ table }) => table === first);
}

/**
 * Sorts insertions by their values if one of their tables has a maximum size. The smaller of two new rows is then the older one, so that
 * evictions do not depend on the order of rules.
 */
function inOrder(inserts: readonly TableChange[]): readonly TableChange[] {
  const isBounded = inserts.some(({ table }) => table.spec.size < Infinity);
  return isBounded ? inserts.toSorted((a, b) => compareValues(a.values, b.values)) : inserts;
}
