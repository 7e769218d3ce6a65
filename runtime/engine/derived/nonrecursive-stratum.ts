import type { Sign } from "../../plan/contract/plan.ts";
import type { Key } from "../../plan/values/key.ts";
import { compareValues, type Values } from "../../plan/values/value.ts";
import type { CommitTally } from "../tables/commit-tally.ts";
import { LOWEST_RANK, type Row } from "../tables/row.ts";
import { type DerivedRows, type DerivedTableWriter, NO_RANK } from "./derived-rows.ts";
import { type DerivedRule, type MaintenanceStrand, type RunStrand, runOnChanges, type Stratum } from "./stratum.ts";

/**
 * One derived table whose rules read only other tables. It is maintained by counting: strands report exactly once each derivation that is
 * added or removed, and a row exists while the number of its derivations is above zero.
 */
export class NonrecursiveStratum implements Stratum, DerivedTableWriter {
  readonly #derived: DerivedRows;
  readonly #rules: readonly DerivedRule[];
  readonly #strands: readonly MaintenanceStrand[];
  readonly #tally: CommitTally;
  /** Whether strands run on refreshed rows. A new derivation in a group of an aggregate is then also a refresh of the group's result. */
  readonly #subscribesToRefreshes: boolean;
  /** Insertions and refreshes to apply in the order of their values. */
  readonly #pending: { readonly values: Values; readonly apply: () => void }[] = [];
  #now = 0;

  constructor(
    derived: DerivedRows,
    rules: readonly DerivedRule[],
    strands: readonly MaintenanceStrand[],
    tally: CommitTally,
  ) {
    this.#derived = derived;
    this.#rules = rules;
    this.#strands = strands;
    this.#tally = tally;
    this.#subscribesToRefreshes = strands.some(({ change }) => change === "refreshed");
  }

  contribute({ aggregate, memoised }: DerivedRule, sign: Sign, values: Values): void {
    const row = memoised === undefined ? values : memoised.row(values, sign);
    if (row === undefined) return;
    if (aggregate === undefined) return this.#derived.contribute(row, sign, NO_RANK);
    aggregate.contribute(row, sign);
    if (sign > 0 && this.#subscribesToRefreshes) aggregate.contribute(row, 0);
  }

  update(now: number, run: RunStrand): void {
    this.#now = now;
    this.#derived.beginUpdate(now);
    for (const strand of this.#strands) runOnChanges(strand, run);
    for (const { aggregate } of this.#rules) {
      if (aggregate?.isTouched !== true) continue;
      this.#tally.failedAggregates += aggregate.flush((values, sign) =>
        this.#derived.contribute(values, sign, NO_RANK),
      );
    }
    if (this.#derived.isTouched) this.#updateTable();
  }

  costDecreased(): void {
    throw new Error(`${this.#derived.table.predicate.name} is not recursive`);
  }

  abandon(): void {
    this.#derived.abandon();
    for (const { aggregate } of this.#rules) aggregate?.abandon();
  }

  #updateTable(): void {
    const { table } = this.#derived;
    this.#derived.applyTo(this);
    this.#applyPending();
    this.#derived.endUpdate(this.#tally);
    this.#tally.evicted += table.evict();
    table.cancelOpposites();
    this.#tally.touch(table);
  }

  #applyPending(): void {
    for (const { apply } of this.#pending.sort((a, b) => compareValues(a.values, b.values))) apply();
    this.#pending.length = 0;
  }

  /**
   * Applies a change at once. If the table has a maximum size, all changes of the update are applied at its end instead, sorted by their
   * values: the smaller of two new rows is then the older one, so that evictions do not depend on the order of rules.
   */
  #applyInOrder(values: Values, apply: () => void): void {
    if (this.#derived.table.spec.size < Infinity) this.#pending.push({ values, apply });
    else apply();
  }

  insert(values: Values, key: Key, _isReplacement: boolean, since: number): number {
    this.#applyInOrder(values, () => this.#derived.table.insertDerived(values, key, since, LOWEST_RANK));
    return LOWEST_RANK;
  }

  delete(row: Row): void {
    this.#derived.table.delete(row);
  }

  refresh(row: Row): void {
    this.#applyInOrder(row.values, () => {
      this.#derived.table.refresh(row, this.#now);
      this.#tally.refreshed(this.#derived.table, row.values);
    });
  }
}
