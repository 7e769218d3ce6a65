/**
 * Derived tables whose rules read each other, maintained by counting and delete-and-rederive (DRed: Gupta, Mumick and Subrahmanian,
 * SIGMOD 1993; with counts: Hu, Motik and Horrocks, AAAI 2018).
 *
 * Counts alone do not suffice in recursion, because rows can support each other in a cycle. One update goes:
 *  1. The strands that subscribe to tables of other strata run, and report added and removed derivations.
 *  2. Overdeletion. A row that lost a derivation is deleted, unless it has a founded derivation (see `DerivedRows`); strands then run on
 *     the deleted row, which removes further derivations. This ends when no row is left to delete.
 *  3. Rederivation and insertion. A deleted row whose count is above zero is inserted again, without a search for its derivations. New
 *     rows are inserted, and strands run on each inserted row. Rows that they replace are deleted as in 2.
 *  4. Refreshes are propagated after the fixpoint, because until then derivations are added and removed.
 *  5. Tables over their size evict rows, and the update goes on from 2 until nothing changes.
 *
 * Semi-naive evaluation: strands run on one row of the stratum at a time, which is marked CURRENT. A row is visible to joins from the
 * time that its insertion is processed until its deletion is processed. Therefore each derivation is counted once, even if it uses
 * several rows of the stratum.
 *
 * Ranks: a row gets its rank when it is inserted, and again whenever it is reinserted. The rank is greater than that of all rows that are
 * visible then, and does not change while joins see the row. So a derivation has the same rank when it is added and when it is removed.
 *
 * Replacement: when a row takes the key of another row (a better `min`), strands run on the insertion of the new row before they run on
 * the deletion of the old row. Values that a rule derives from both rows are then not overdeleted. In the other order, paths of equal
 * cost that differ in their first hop would delete each other for ever.
 */
import { ADDED, CURRENT, ENTERING, LEAVING, REMOVED, STABLE } from "../../plan/contract/row-mark.ts";
import type { Sign } from "../../plan/contract/plan.ts";
import { type Key, keyOfValues } from "../../plan/values/key.ts";
import type { Values } from "../../plan/values/value.ts";
import type { CommitTally } from "../tables/commit-tally.ts";
import { LOWEST_RANK, type Row } from "../tables/row.ts";
import type { Table } from "../tables/table.ts";
import { type DerivedRows, type DerivedTableWriter, NO_RANK, UNRANKED } from "./derived-rows.ts";
import type { DependentResults } from "./maintained-aggregate.ts";
import { type DerivedRule, type MaintenanceStrand, type RunStrand, runOnChanges, type Stratum } from "./stratum.ts";

/** Number of rows that a recursion whose rules compute values may insert for each row that it reads: it may derive many rows from one. */
const COMPUTED_ROWS_PER_ROW = 256;
/**
 * A row of more than `LONG_ROW_BYTES` counts as one more row for each further `BYTES_PER_FURTHER_ROW`. A recursion may append to a list
 * in each row, and the time to compute the key of a row is proportional to its length.
 */
const LONG_ROW_BYTES = 1024;
const BYTES_PER_FURTHER_ROW = 128;

/** Limits of one update. */
export interface RunLimit {
  /** Number of strand runs on rows of the stratum. */
  readonly runs: number;
  /** Throws the error that ends a step with more runs. */
  readonly exceeded: (strand: number) => never;
  /** Number of inserted rows of the stratum on which strands may run, if its rules compute values. A long row counts as several. */
  readonly computedRows: number;
  /** Throws the error that ends a step with more than `most` such rows. */
  readonly computedTooMany: (strand: number, most: number) => never;
  /** Throws an error that ends the step if it holds too much memory. */
  readonly checkMemory: (strand: number) => void;
}

/** Row that replaced another row with its key in this update. */
interface Replacement {
  readonly row: Row;
  /** Number of derivations from the row, by rule and derived values. */
  readonly derived: Map<string, number>;
}

export interface RecursiveStratumOptions {
  readonly tables: readonly DerivedRows[];
  readonly rules: readonly DerivedRule[];
  readonly strands: readonly MaintenanceStrand[];
  readonly tally: CommitTally;
  readonly limit: RunLimit;
  /** Whether a row may depend on a row that it replaced. See `Stratum.costDecreased`. */
  readonly mayDecreaseCosts: boolean;
  /** Whether the recursion may have no end. See `StratumSpec`. */
  readonly computesValues: boolean;
  /** Whether derived rows have ranks. Otherwise only derivations from rows outside the stratum are founded. */
  readonly ranksRows: boolean;
}

/** Stratum with a cycle: derived tables that read each other, or one that reads itself. */
export class RecursiveStratum implements Stratum {
  readonly #tables: readonly DerivedRows[];
  readonly #rules: readonly DerivedRule[];
  /** Strands that run on insertions and deletions in tables of other strata. */
  readonly #externalStrands: readonly MaintenanceStrand[];
  /** Strands that run on refreshes in tables of other strata. */
  readonly #externalRefreshStrands: readonly MaintenanceStrand[];
  /** Strands that run on deletions from tables that the rules negate. */
  readonly #negationStrands: readonly MaintenanceStrand[];
  /** Strands that run on insertions and deletions in tables of this stratum. */
  readonly #ownStrands: ReadonlyMap<Table, readonly number[]>;
  /** Strands that run on refreshes in tables of this stratum. */
  readonly #ownRefreshStrands: ReadonlyMap<Table, readonly number[]>;
  readonly #tally: CommitTally;
  readonly #limit: RunLimit;
  #mayDecreaseCosts: boolean;
  readonly #computesValues: boolean;
  /** Greatest number of rows that this update may insert. */
  #mostRows = Infinity;

  readonly #ranksRows: boolean;
  /** Rank of the row that was inserted last. */
  #lastRank = LOWEST_RANK;

  #now = 0;
  #run: RunStrand = () => undefined;
  /** 1 while strands run on an inserted row of the stratum, -1 while they run on a deleted row of it, otherwise 0. */
  #direction: Sign = 0;
  /** Rank of the row on which strands run, if it is a row of the stratum; otherwise NO_RANK. */
  #currentRank = NO_RANK;
  /** Strand runs on rows of the stratum in this update. */
  #runs = 0;
  /** Rows of the stratum that this update inserted; a long one counts as several. */
  #rows = 0;
  /** Deleted rows on which strands have yet to run. */
  readonly #leaving = new Map<Row, Table>();
  /** Inserted rows on which strands have yet to run. */
  readonly #entering = new Map<Row, Table>();
  /** Rows that this update deleted and may insert again, by table and values. */
  readonly #deleted = new Map<Table, Map<string, Row>>();
  /** Replacements of the rows that are leaving, by table and key. */
  readonly #replacements = new Map<Table, Map<Key, Replacement>>();
  /** Replacement at the key of the current row. */
  #replacement: Replacement | undefined;
  /** Whether overdeletion is over and insertion has begun. From then on, deletions make room for replacements. */
  #isInserting = false;
  /** Rows of the stratum that this commit inserted. */
  readonly #fresh = new Set<Row>();
  readonly #refreshed = new Set<Row>();
  /** Fresh rows on which refresh strands have run. */
  readonly #announced = new Set<Row>();
  /** Refreshed rows on which refresh strands have yet to run. */
  #pendingRefreshes: { readonly row: Row; readonly table: Table }[] = [];
  #hasEvicted = false;

  constructor(options: RecursiveStratumOptions) {
    const { tables, rules, strands, tally, limit, mayDecreaseCosts } = options;
    this.#ranksRows = options.ranksRows;
    this.#mayDecreaseCosts = mayDecreaseCosts;
    this.#computesValues = options.computesValues;
    this.#tables = tables;
    this.#rules = rules;
    this.#tally = tally;
    this.#limit = limit;
    const own = new Set(tables.map(({ table }) => table));
    this.#externalStrands = strands.filter(({ change }) => change === "inserted" || change === "deleted");
    this.#externalRefreshStrands = strands.filter(({ change, table }) => change === "refreshed" && !own.has(table));
    this.#negationStrands = strands.filter(({ change }) => change === "negation-deleted");
    this.#ownStrands = strandsByTable(strands.filter(({ change }) => change === "recursive-delta"));
    this.#ownRefreshStrands = strandsByTable(
      strands.filter(({ change, table }) => change === "refreshed" && own.has(table)),
    );
  }

  contribute(rule: DerivedRule, sign: Sign, reported: Values, joinedRank: number): void {
    const effective = this.#direction === 0 ? sign : this.#direction;
    const values = rule.memoised === undefined ? reported : rule.memoised.row(reported, effective);
    if (values === undefined) return;
    const rank = this.#rankOf(rule, joinedRank);
    const isCovered = this.#replacement !== undefined && this.#isCovered(this.#replacement, rule, effective, values);
    const { aggregate, derived } = rule;
    if (aggregate !== undefined) {
      aggregate.contribute(values, effective);
      const result = effective < 0 && !isCovered ? aggregate.overdelete(values, this.#dependents) : undefined;
      if (result !== undefined) this.#derive(rule, result, -1, rank);
    } else if (isCovered) derived.contribute(values, effective, rank);
    else this.#derive(rule, values, effective, rank);
  }

  /** Returns the rank of a derivation: the greatest rank of its rows of the stratum. */
  #rankOf({ spec }: DerivedRule, joinedRank: number): number {
    if (!spec.isRecursive) return NO_RANK;
    return this.#ranksRows ? Math.max(joinedRank, this.#currentRank) : UNRANKED;
  }

  /**
   * Returns whether the replacement of the current row covers a lost derivation: the same rule derives the same values from the
   * replacement. Each derivation from the replacement covers one lost derivation. While the inserted replacement is the current row,
   * records its derivations.
   */
  #isCovered({ row, derived }: Replacement, rule: DerivedRule, sign: Sign, values: Values): boolean {
    const derivation = `${rule.spec.id}:${keyOfValues(values)}`;
    const count = derived.get(derivation) ?? 0;
    if (sign > 0 && row.mark === CURRENT) derived.set(derivation, count + 1);
    if (sign >= 0 || count === 0) return false;
    derived.set(derivation, count - 1);
    return true;
  }

  /** Whether no row that replaced the lost row can depend on it. `overdelete` then leaves the replacement in place. */
  get #isFinal(): boolean {
    return this.#isInserting || !this.#mayDecreaseCosts;
  }

  /**
   * Results that may depend on a body row that their group lost. Before insertion these include every result with the cost of the lost
   * row: such a result may have replaced the row, depend on it, and support itself in a cycle of zero cost. During insertion a row is
   * deleted to make room for its replacement, and only the result that the row won depends on it.
   */
  get #dependents(): DependentResults {
    if (this.#isInserting) return "won";
    return this.#mayDecreaseCosts ? "replacements" : "equal";
  }

  update(now: number, run: RunStrand): void {
    if (!this.#isAffected()) return;
    this.#now = now;
    this.#run = run;
    this.#runs = 0;
    this.#rows = 0;
    this.#mostRows = this.#computesValues ? this.#computedRows() : Infinity;
    for (const derived of this.#tables) derived.beginUpdate(now);
    for (const { table } of this.#tables) this.#takeBaseChanges(table);
    for (const strand of this.#externalStrands) runOnChanges(strand, run);
    this.#reachFixpoint();
    for (const strand of this.#externalRefreshStrands) runOnChanges(strand, run);
    this.#refreshFromChanges();
    for (let isStable = false; !isStable; ) {
      this.#reachFixpoint();
      isStable = !this.#refreshFromLateRows() && !this.#propagateRefreshes() && !this.#evict();
    }
    this.#finish();
  }

  costDecreased(): void {
    this.#mayDecreaseCosts = true;
  }

  abandon(): void {
    for (const derived of this.#tables) derived.abandon();
    for (const { aggregate } of this.#rules) aggregate?.abandon();
    this.#direction = 0;
    this.#currentRank = NO_RANK;
    this.#isInserting = false;
    this.#leaving.clear();
    this.#entering.clear();
    this.#deleted.clear();
    this.#replacements.clear();
    this.#replacement = undefined;
    this.#fresh.clear();
    this.#refreshed.clear();
    this.#announced.clear();
    this.#pendingRefreshes = [];
    this.#hasEvicted = false;
  }

  /**
   * Returns the number of rows that a recursion whose rules compute values may insert. The number grows with the rows that the recursion
   * reads.
   */
  #computedRows(): number {
    const read = new Set([...this.#externalStrands, ...this.#tables].map(({ table }) => table));
    let rows = 0;
    for (const { count } of read) rows += count;
    return this.#limit.computedRows + COMPUTED_ROWS_PER_ROW * rows;
  }

  #isAffected(): boolean {
    const isChanged = (table: Table): boolean => table.isChanged || table.refreshed.length > 0;
    return (
      this.#tables.some(({ table }) => isChanged(table)) ||
      this.#externalStrands.some(({ table }) => table.isChanged) ||
      this.#externalRefreshStrands.some(({ table }) => isChanged(table))
    );
  }

  /** Queues the changes of base rows in a table of the stratum, so that its rules process them. */
  #takeBaseChanges(table: Table): void {
    for (const row of table.removed) {
      row.mark = LEAVING;
      this.#leaving.set(row, table);
    }
    for (const row of table.added) {
      row.mark = ENTERING;
      this.#fresh.add(row);
      this.#entering.set(row, table);
    }
    for (const row of table.refreshed) this.#noteRefresh(table, row);
  }

  /** Counts a derivation. If it was removed, also deletes the row that `DerivedRows.overdelete` returns. */
  #derive({ derived }: DerivedRule, values: Values, sign: Sign, rank: number): void {
    derived.contribute(values, sign, rank);
    const row = sign < 0 ? derived.overdelete(values, this.#isFinal) : undefined;
    if (row !== undefined) this.#delete(derived.table, row);
  }

  /** Overdeletes, then inserts and replaces rows until nothing changes. */
  #reachFixpoint(): void {
    this.#processDeletions();
    this.#isInserting = true;
    while (this.#processInsertions()) this.#processDeletions();
    this.#isInserting = false;
  }

  #processDeletions(): void {
    for (const [row, table] of this.#leaving) {
      this.#leaving.delete(row);
      this.#process(row, table, -1);
      table.finishDelete(row, this.#fresh.delete(row));
    }
    this.#replacements.clear();
  }

  /** Runs strands on the inserted rows. Returns false when no row was inserted and no deletion is queued. */
  #processInsertions(): boolean {
    let hasInserted = false;
    for (; this.#entering.size > 0 || this.#applyDerivations(); hasInserted = true) {
      for (const [row, table] of this.#entering) {
        this.#entering.delete(row);
        this.#process(row, table, 1);
        row.mark = this.#fresh.has(row) ? ADDED : STABLE;
      }
    }
    return hasInserted || this.#leaving.size > 0;
  }

  /** Makes the tables agree with the counts. Returns whether rows were inserted. */
  #applyDerivations(): boolean {
    for (const rule of this.#rules) {
      const { aggregate } = rule;
      if (aggregate?.isTouched !== true) continue;
      const rank = rule.spec.isRecursive ? UNRANKED : NO_RANK;
      this.#tally.failedAggregates += aggregate.flush((values, sign) => this.#derive(rule, values, sign, rank));
    }
    const touched = this.#tables.filter((derived) => derived.isTouched);
    for (const derived of touched) derived.applyTo(this.#writer(derived.table));
    return this.#entering.size > 0;
  }

  #writer(table: Table): DerivedTableWriter {
    return {
      insert: (values, key, isReplacement, since) => this.#insert(table, values, key, isReplacement, since),
      delete: (row) => this.#delete(table, row),
      refresh: (row) => this.#refresh(table, row),
    };
  }

  #delete(table: Table, row: Row): void {
    if (!this.#queueDeletion(table, row)) return;
    const deleted = this.#deleted.get(table) ?? new Map<string, Row>();
    this.#deleted.set(table, deleted);
    deleted.set(keyOfValues(row.values), row);
  }

  /** Queues a deletion. If no strand has run on the insertion of the row yet, deletes the row at once and returns false. */
  #queueDeletion(table: Table, row: Row): boolean {
    const isProcessed = !this.#entering.delete(row);
    table.beginDelete(row);
    if (isProcessed) this.#leaving.set(row, table);
    else table.finishDelete(row, this.#fresh.delete(row));
    return isProcessed;
  }

  /** Inserts a row, and returns its rank. */
  #insert(table: Table, values: Values, key: Key, isReplacement: boolean, since: number): number {
    const rowKey = keyOfValues(values);
    const deleted = this.#deleted.get(table)?.get(rowKey);
    this.#deleted.get(table)?.delete(rowKey);
    if (deleted !== undefined) deleted.isReplacement ||= isReplacement;
    if (deleted !== undefined && this.#leaving.delete(deleted)) return this.#cancelDeletion(table, deleted);
    if (this.#ranksRows) this.#lastRank++;
    const row = deleted?.mark === REMOVED ? this.#reinstate(table, deleted) : this.#create(table, values, key, since);
    row.isReplacement ||= isReplacement;
    row.mark = ENTERING;
    this.#entering.set(row, table);
    if (this.#leaving.size > 0) this.#noteReplacement(table, row);
    return row.rank;
  }

  #noteReplacement(table: Table, row: Row): void {
    const replacements = this.#replacements.get(table) ?? new Map<Key, Replacement>();
    this.#replacements.set(table, replacements);
    replacements.set(row.key, { row, derived: new Map() });
  }

  #reinstate(table: Table, row: Row): Row {
    table.reinstate(row, this.#lastRank);
    return row;
  }

  /** Reverts a deletion that no strand has processed yet. Returns the rank of the row. */
  #cancelDeletion(table: Table, row: Row): number {
    table.reinstate(row, row.rank);
    row.mark = this.#fresh.has(row) ? ADDED : STABLE;
    return row.rank;
  }

  #create(table: Table, values: Values, key: Key, since: number): Row {
    const row = table.insertDerived(values, key, since, this.#lastRank);
    this.#fresh.add(row);
    return row;
  }

  #refresh(table: Table, row: Row): void {
    if (this.#refreshed.has(row) || this.#fresh.has(row)) return;
    table.refresh(row, this.#now);
    this.#tally.refreshed(table, row.values);
    this.#noteRefresh(table, row);
  }

  #noteRefresh(table: Table, row: Row): void {
    this.#refreshed.add(row);
    if (this.#ownRefreshStrands.has(table)) this.#pendingRefreshes.push({ row, table });
  }

  /** Runs the strands of the stratum on a row that was inserted or deleted. */
  #process(row: Row, table: Table, direction: 1 | -1): void {
    row.mark = CURRENT;
    this.#direction = direction;
    this.#currentRank = row.rank;
    const replacement = this.#replacements.get(table)?.get(row.key);
    // A replacement that is deleted in the same update cannot cover its own derivations.
    this.#replacement = replacement?.row === row && direction < 0 ? undefined : replacement;
    const strands = this.#ownStrands.get(table) ?? [];
    if (direction > 0) this.#rows += 1 + Math.floor(Math.max(0, row.bytes - LONG_ROW_BYTES) / BYTES_PER_FURTHER_ROW);
    if (this.#rows > this.#mostRows) this.#limit.computedTooMany(strands[0] ?? -1, this.#mostRows);
    for (const strand of strands) {
      if (++this.#runs > this.#limit.runs) this.#limit.exceeded(strand);
      this.#limit.checkMemory(strand);
      this.#run(strand, row.values, direction < 0);
    }
    this.#direction = 0;
    this.#currentRank = NO_RANK;
  }

  /** Runs refresh strands for changes that add derivations: fresh rows, and deletions from negated tables. */
  #refreshFromChanges(): void {
    for (const { id, table } of this.#externalRefreshStrands) for (const row of table.added) this.#run(id, row.values);
    for (const strand of this.#negationStrands) runOnChanges(strand, this.#run);
    for (const { table } of this.#tables) this.#announce(table);
  }

  /**
   * Runs refresh strands on rows that a refresh inserted. Returns whether there were any. Does nothing after an eviction:
   * evicted rows could otherwise insert each other for ever.
   */
  #refreshFromLateRows(): boolean {
    return !this.#hasEvicted && this.#tables.filter(({ table }) => this.#announce(table)).length > 0;
  }

  #announce(table: Table): boolean {
    if (!this.#ownRefreshStrands.has(table)) return false;
    const rows = table.added.filter((row) => row.mark === ADDED && !this.#announced.has(row));
    for (const row of rows) {
      this.#announced.add(row);
      this.#runRefreshStrands(row, table);
    }
    return rows.length > 0;
  }

  #runRefreshStrands(row: Row, table: Table): void {
    for (const strand of this.#ownRefreshStrands.get(table) ?? []) this.#run(strand, row.values);
  }

  /** Runs refresh strands on refreshed rows. Returns whether any row was queued for them. */
  #propagateRefreshes(): boolean {
    const pending = this.#pendingRefreshes;
    this.#pendingRefreshes = [];
    for (const { row, table } of pending) if (row.mark <= ADDED) this.#runRefreshStrands(row, table);
    return pending.length > 0;
  }

  #evict(): boolean {
    return this.#tables.filter((derived) => this.#evictFrom(derived)).length > 0;
  }

  #evictFrom(derived: DerivedRows): boolean {
    const { table } = derived;
    if (!table.isOverfull) return false;
    this.#hasEvicted = true;
    for (; table.isOverfull; this.#tally.evicted++) {
      const row = table.victim();
      derived.requireNewDerivation(row);
      this.#queueDeletion(table, row);
    }
    return true;
  }

  #finish(): void {
    for (const derived of this.#tables) {
      const { table } = derived;
      derived.endUpdate(this.#tally);
      table.dedupeRemoved();
      table.cancelOpposites();
      if (table.isChanged) this.#tally.touch(table);
    }
    this.abandon();
  }
}

function strandsByTable(strands: readonly MaintenanceStrand[]): ReadonlyMap<Table, readonly number[]> {
  const byTable = Map.groupBy(strands, ({ table }) => table);
  return new Map([...byTable].map(([table, group]) => [table, group.map(({ id }) => id)]));
}
