import { type Key, keyOfValues } from "../../plan/values/key.ts";
import type { Sign } from "../../plan/contract/plan.ts";
import { ADDED, CURRENT, ENTERING, LEAVING, REMOVED, STABLE } from "../../plan/contract/row-mark.ts";
import type { Values } from "../../plan/values/value.ts";
import type { DerivedRows, Display } from "./derived-rows.ts";
import { LimitExceeded } from "../limits.ts";
import type { Row } from "../tables/row.ts";
import type { StoreTally } from "../tables/store-tally.ts";
import type { Table } from "../tables/table.ts";
import { type RunStrand, runOnChanges, type Stratum, type DerivedRule, type MaintenanceStrand } from "./stratum.ts";

interface Successor {
  readonly row: Row;
  /** How often what was derived from the row, by view and values. */
  readonly derived: Map<string, number>;
}

/**
 * Tables that rules define in terms of each other. Derivations are counted, but rows can count on each other in a
 * circle; so a row that loses a derivation is taken away, with all that follows from it, unless a rule without recursion
 * derives it; what then still has a derivation is put back (delete and rederive: Gupta, Mumick and Subrahmanian,
 * SIGMOD 1993, with the counts of Hu, Motik and Horrocks, AAAI 2018).
 *
 * Rules are told of one row of the stratum at a time, so that each derivation is counted once: a row is there until its
 * going has been told, and from when its coming is. Whatever is put in the place of another comes before the other goes,
 * which lets a `min` in recursion improve without taking the old paths apart first.
 */
export class RecursiveStratum implements Stratum {
  readonly #tables: readonly DerivedRows[];
  readonly #views: readonly DerivedRule[];
  /** What other strata bring. */
  readonly #outer: readonly MaintenanceStrand[];
  readonly #refreshing: readonly MaintenanceStrand[];
  readonly #ceding: readonly MaintenanceStrand[];
  /** What its own rows bring, and what they bring when they are only refreshed. */
  readonly #inner: ReadonlyMap<Table, readonly number[]>;
  readonly #renewing: ReadonlyMap<Table, readonly number[]>;
  readonly #tally: StoreTally;
  readonly #limit: number;
  /** Whether a row may stand on one that it has taken the place of. */
  #mayImprove: boolean;

  #now = 0;
  #run: RunStrand = () => undefined;
  /** Of the row that rules are being told of; 0 while they are told of other strata. */
  #direction: Sign = 0;
  #told = 0;
  readonly #leaving = new Map<Row, Table>();
  readonly #entering = new Map<Row, Table>();
  /** Rows that this update took away and may put back, by their table and values. */
  readonly #taken = new Map<Table, Map<string, Row>>();
  /** Rows that took another's place, by their key, and what has been derived from each: the other's loss of it is none. */
  readonly #successors = new Map<Table, Map<Key, Successor>>();
  /** Of the place of the row that rules are being told of. */
  #successor: Successor | undefined;
  /** All that was lost for good has been told: what goes now makes way for something better. */
  #isImproving = false;
  /** Rows of the stratum that this commit has brought. */
  readonly #fresh = new Set<Row>();
  readonly #renewed = new Set<Row>();
  /** Of the fresh ones those that rules have been told of as new. */
  readonly #announced = new Set<Row>();
  #renewals: { readonly row: Row; readonly table: Table }[] = [];
  #hasEvicted = false;

  constructor(
    tables: readonly DerivedRows[],
    views: readonly DerivedRule[],
    strands: readonly MaintenanceStrand[],
    tally: StoreTally,
    limit: number,
    mayImprove: boolean,
  ) {
    this.#mayImprove = mayImprove;
    this.#tables = tables;
    this.#views = views;
    this.#tally = tally;
    this.#limit = limit;
    this.#outer = strands.filter(({ change }) => change === "inserted" || change === "deleted");
    const own = new Set(tables.map(({ table }) => table));
    this.#refreshing = strands.filter(({ change, table }) => change === "refreshed" && !own.has(table));
    this.#inner = strandsByTable(strands.filter(({ change }) => change === "recursive-delta"));
    this.#ceding = strands.filter(({ change }) => change === "negation-deleted");
    this.#renewing = strandsByTable(strands.filter(({ change, table }) => change === "refreshed" && own.has(table)));
  }

  contribute(view: DerivedRule, sign: Sign, given: Values): void {
    const effective = this.#direction === 0 ? sign : this.#direction;
    const values = view.kept === undefined ? given : view.kept.row(given, effective);
    if (values === undefined) return;
    const isCovered = this.#successor !== undefined && this.#isCovered(this.#successor, view, effective, values);
    const { aggregate, derived, spec } = view;
    if (aggregate !== undefined) {
      aggregate.contribute(values, effective);
      const result = effective < 0 && !isCovered ? aggregate.doubted(values, this.#isFinal) : undefined;
      if (result !== undefined) this.#derive(view, result, -1);
    } else if (isCovered) derived.contribute(values, effective, !spec.isRecursive);
    else this.#derive(view, values, effective);
  }

  /** Whether what the row derived is derived from its successor too, each derivation counted for one. */
  #isCovered({ row, derived }: Successor, view: DerivedRule, sign: Sign, values: Values): boolean {
    const whole = `${view.spec.id}:${keyOfValues(values)}`;
    const count = derived.get(whole) ?? 0;
    if (sign > 0 && row.mark === CURRENT) derived.set(whole, count + 1);
    if (sign >= 0 || count === 0) return false;
    derived.set(whole, count - 1);
    return true;
  }

  /** What a loss leaves at its place stands without it. */
  get #isFinal(): boolean {
    return this.#isImproving || !this.#mayImprove;
  }

  update(now: number, run: RunStrand): void {
    if (!this.#isAffected()) return;
    this.#now = now;
    this.#run = run;
    this.#told = 0;
    for (const derived of this.#tables) derived.begin(now);
    for (const { table } of this.#tables) this.#takeChanges(table);
    for (const strand of this.#outer) runOnChanges(strand, run);
    this.#settle();
    for (const strand of this.#refreshing) runOnChanges(strand, run);
    this.#tellNew();
    for (let isStable = false; !isStable; ) {
      this.#settle();
      isStable = !this.#tellLate() && !this.#tellRenewed() && !this.#evict();
    }
    this.#finish();
  }

  improve(): void {
    this.#mayImprove = true;
  }

  abandon(): void {
    for (const derived of this.#tables) derived.abandon();
    for (const { aggregate } of this.#views) aggregate?.abandon();
    this.#direction = 0;
    this.#isImproving = false;
    this.#leaving.clear();
    this.#entering.clear();
    this.#taken.clear();
    this.#successors.clear();
    this.#successor = undefined;
    this.#fresh.clear();
    this.#renewed.clear();
    this.#announced.clear();
    this.#renewals = [];
    this.#hasEvicted = false;
  }

  #isAffected(): boolean {
    const isChanged = (table: Table): boolean => table.isChanged || table.refreshed.length > 0;
    return (
      this.#tables.some(({ table }) => isChanged(table)) ||
      this.#outer.some(({ table }) => table.isChanged) ||
      this.#refreshing.some(({ table }) => isChanged(table))
    );
  }

  /** What something other than a rule has done to a table of the stratum is yet to be told. */
  #takeChanges(table: Table): void {
    for (const row of table.removed) {
      row.mark = LEAVING;
      this.#leaving.set(row, table);
    }
    for (const row of table.added) {
      row.mark = ENTERING;
      this.#fresh.add(row);
      this.#entering.set(row, table);
    }
    for (const row of table.refreshed) this.#noteRenewal(table, row);
  }

  #derive({ spec, derived }: DerivedRule, values: Values, sign: Sign): void {
    derived.contribute(values, sign, !spec.isRecursive);
    const row = sign < 0 ? derived.doubted(values, this.#isFinal) : undefined;
    if (row !== undefined) this.#hide(derived.table, row);
  }

  /** First all goes that may have to; then come, as often as needed, what comes and what goes in its place. */
  #settle(): void {
    this.#withdraw();
    this.#isImproving = true;
    while (this.#admit()) this.#withdraw();
    this.#isImproving = false;
  }

  #withdraw(): void {
    for (const [row, table] of this.#leaving) {
      this.#leaving.delete(row);
      this.#tell(row, table, -1);
      table.gone(row, this.#fresh.delete(row));
    }
    this.#successors.clear();
  }

  #admit(): boolean {
    let hasAdmitted = false;
    for (; this.#entering.size > 0 || this.#follow(); hasAdmitted = true) {
      for (const [row, table] of this.#entering) {
        this.#entering.delete(row);
        this.#tell(row, table, 1);
        row.mark = this.#fresh.has(row) ? ADDED : STABLE;
      }
    }
    return hasAdmitted || this.#leaving.size > 0;
  }

  /** Brings the tables in line with what has been derived; false when they are. */
  #follow(): boolean {
    for (const view of this.#views) {
      const { aggregate } = view;
      if (aggregate?.isTouched !== true) continue;
      this.#tally.failedAggregates += aggregate.flush((values, sign) => this.#derive(view, values, sign));
    }
    const touched = this.#tables.filter((derived) => derived.isTouched);
    for (const derived of touched) derived.follow(this.#display(derived.table));
    return this.#entering.size > 0;
  }

  #display(table: Table): Display {
    return {
      show: (values, key, isImprovement, since) => this.#show(table, values, key, isImprovement, since),
      hide: (row) => this.#hide(table, row),
      renew: (row) => this.#renew(table, row),
    };
  }

  #hide(table: Table, row: Row): void {
    if (!this.#dismiss(table, row)) return;
    const taken = this.#taken.get(table) ?? new Map<string, Row>();
    this.#taken.set(table, taken);
    taken.set(keyOfValues(row.values), row);
  }

  /** False when nobody had been told of the row yet. */
  #dismiss(table: Table, row: Row): boolean {
    const isTold = !this.#entering.delete(row);
    table.leave(row);
    if (isTold) this.#leaving.set(row, table);
    else table.gone(row, this.#fresh.delete(row));
    return isTold;
  }

  #show(table: Table, values: Values, key: Key, isImprovement: boolean, since: number): void {
    const whole = keyOfValues(values);
    const taken = this.#taken.get(table)?.get(whole);
    this.#taken.get(table)?.delete(whole);
    if (taken !== undefined) taken.hasImproved ||= isImprovement;
    if (taken !== undefined && this.#leaving.delete(taken)) return this.#keep(table, taken);
    const row = taken?.mark === REMOVED ? this.#revive(table, taken) : this.#create(table, values, key, since);
    row.hasImproved ||= isImprovement;
    row.mark = ENTERING;
    this.#entering.set(row, table);
    if (this.#leaving.size > 0) this.#succeed(table, row);
  }

  #succeed(table: Table, row: Row): void {
    const successors = this.#successors.get(table) ?? new Map<Key, Successor>();
    this.#successors.set(table, successors);
    successors.set(row.key, { row, derived: new Map() });
  }

  #revive(table: Table, row: Row): Row {
    table.revive(row);
    return row;
  }

  /** It was about to leave, and nobody has been told. */
  #keep(table: Table, row: Row): void {
    table.revive(row);
    row.mark = this.#fresh.has(row) ? ADDED : STABLE;
  }

  #create(table: Table, values: Values, key: Key, since: number): Row {
    const row = table.show(values, key, since);
    this.#fresh.add(row);
    return row;
  }

  #renew(table: Table, row: Row): void {
    if (this.#renewed.has(row) || this.#fresh.has(row)) return;
    table.renew(row, this.#now);
    this.#tally.refreshed(table, row.values);
    this.#noteRenewal(table, row);
  }

  #noteRenewal(table: Table, row: Row): void {
    this.#renewed.add(row);
    if (this.#renewing.has(table)) this.#renewals.push({ row, table });
  }

  #tell(row: Row, table: Table, direction: 1 | -1): void {
    row.mark = CURRENT;
    this.#direction = direction;
    const successor = this.#successors.get(table)?.get(row.key);
    // A row that came in this update and has to go again is nobody's successor, its own least of all.
    this.#successor = successor?.row === row && direction < 0 ? undefined : successor;
    for (const strand of this.#inner.get(table) ?? []) {
      if (++this.#told > this.#limit) throw new LimitExceeded("derivations", strand);
      this.#run(strand, row.values);
    }
    this.#direction = 0;
  }

  /** A row that stays lives on when something new derives it: of those that came and went on the way only the end counts. */
  #tellNew(): void {
    for (const { id, table } of this.#refreshing) for (const row of table.added) this.#run(id, row.values);
    for (const strand of this.#ceding) runOnChanges(strand, this.#run);
    for (const { table } of this.#tables) this.#announce(table);
  }

  /**
   * What came back because something renews it is new as well, and so is what has taken another's place. False when
   * nothing has. Once rows had to make room no more is told, or they could bring each other back for ever.
   */
  #tellLate(): boolean {
    return !this.#hasEvicted && this.#tables.filter(({ table }) => this.#announce(table)).length > 0;
  }

  #announce(table: Table): boolean {
    if (!this.#renewing.has(table)) return false;
    const rows = table.added.filter((row) => row.mark === ADDED && !this.#announced.has(row));
    for (const row of rows) {
      this.#announced.add(row);
      this.#tellSelf(row, table);
    }
    return rows.length > 0;
  }

  #tellSelf(row: Row, table: Table): void {
    for (const strand of this.#renewing.get(table) ?? []) this.#run(strand, row.values);
  }

  /** False when no row was refreshed since the last time. */
  #tellRenewed(): boolean {
    const renewals = this.#renewals;
    this.#renewals = [];
    for (const { row, table } of renewals) {
      if (row.mark > ADDED) continue;
      for (const strand of this.#renewing.get(table) ?? []) this.#run(strand, row.values);
    }
    return renewals.length > 0;
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
      derived.dismiss(row);
      this.#dismiss(table, row);
    }
    return true;
  }

  #finish(): void {
    for (const derived of this.#tables) {
      const { table } = derived;
      derived.finish();
      table.compact();
      table.settle();
      if (table.isChanged) this.#tally.touch(table);
    }
    this.abandon();
  }
}

function strandsByTable(strands: readonly MaintenanceStrand[]): ReadonlyMap<Table, readonly number[]> {
  const byTable = Map.groupBy(strands, ({ table }) => table);
  return new Map([...byTable].map(([table, group]) => [table, group.map(({ id }) => id)]));
}
