import type { Key } from "../../plan/values/key.ts";
import type { Sign } from "../../plan/contract/plan.ts";
import { compareValues, type Values } from "../../plan/values/value.ts";
import type { DerivedRows, Display } from "./derived-rows.ts";
import type { Row } from "../tables/row.ts";
import type { StoreTally } from "../tables/store-tally.ts";
import { type RunStrand, runOnChanges, type Stratum, type DerivedRule, type MaintenanceStrand } from "./stratum.ts";

/** One table that rules define in terms of other tables alone: counting derivations is exact. */
export class NonrecursiveStratum implements Stratum, Display {
  readonly #derived: DerivedRows;
  readonly #views: readonly DerivedRule[];
  readonly #strands: readonly MaintenanceStrand[];
  readonly #tally: StoreTally;
  /** Whether anybody asks for derivations that are new, or refreshed, of rows that stay. */
  readonly #hearsRefreshes: boolean;
  readonly #waiting: { readonly values: Values; readonly take: () => void }[] = [];
  #now = 0;

  constructor(
    derived: DerivedRows,
    views: readonly DerivedRule[],
    strands: readonly MaintenanceStrand[],
    tally: StoreTally,
  ) {
    this.#derived = derived;
    this.#views = views;
    this.#strands = strands;
    this.#tally = tally;
    this.#hearsRefreshes = strands.some(({ change }) => change === "refreshed");
  }

  contribute({ aggregate, kept }: DerivedRule, sign: Sign, values: Values): void {
    const row = kept === undefined ? values : kept.row(values, sign);
    if (row === undefined) return;
    if (aggregate === undefined) return this.#derived.contribute(row, sign, true);
    aggregate.contribute(row, sign);
    if (sign > 0 && this.#hearsRefreshes) aggregate.contribute(row, 0);
  }

  update(now: number, run: RunStrand): void {
    this.#now = now;
    this.#derived.begin(now);
    for (const strand of this.#strands) runOnChanges(strand, run);
    for (const { aggregate } of this.#views) {
      if (aggregate?.isTouched !== true) continue;
      this.#tally.failedAggregates += aggregate.flush((values, sign) => this.#derived.contribute(values, sign, true));
    }
    if (this.#derived.isTouched) this.#follow();
  }

  improve(): void {
    throw new Error(`${this.#derived.table.predicate.name} is not made from itself`);
  }

  abandon(): void {
    this.#derived.abandon();
    for (const { aggregate } of this.#views) aggregate?.abandon();
  }

  #follow(): void {
    const { table } = this.#derived;
    this.#derived.follow(this);
    this.#settleAges();
    this.#derived.finish();
    this.#tally.evicted += table.evict();
    table.settle();
    this.#tally.touch(table);
  }

  /** Of rows that come, or live on, together the smaller is the older, where age may decide who has to go. */
  #settleAges(): void {
    for (const { take } of this.#waiting.sort((a, b) => compareValues(a.values, b.values))) take();
    this.#waiting.length = 0;
  }

  #inTurn(values: Values, take: () => void): void {
    if (this.#derived.table.spec.size < Infinity) this.#waiting.push({ values, take });
    else take();
  }

  show(values: Values, key: Key, _isImprovement: boolean, since: number): void {
    this.#inTurn(values, () => this.#derived.table.show(values, key, since));
  }

  hide(row: Row): void {
    this.#derived.table.drop(row);
  }

  renew(row: Row): void {
    this.#inTurn(row.values, () => {
      this.#derived.table.renew(row, this.#now);
      this.#tally.refreshed(this.#derived.table, row.values);
    });
  }
}
