import type { Plan, Sign, StratumSpec, DerivedRuleSpec } from "../../plan/contract/plan.ts";
import type { Values } from "../../plan/values/value.ts";
import { DerivedRows } from "./derived-rows.ts";
import type { Journal } from "../tables/journal.ts";
import { MemoisedValues } from "./memoised-values.ts";
import type { Limits } from "../limits.ts";
import { MaintainedAggregate } from "./maintained-aggregate.ts";
import { NonrecursiveStratum } from "./nonrecursive-stratum.ts";
import { RecursiveStratum } from "./recursive-stratum.ts";
import type { StoreTally } from "../tables/store-tally.ts";
import type { Table } from "../tables/table.ts";
import type { RunStrand, Stratum, DerivedRule, MaintenanceStrand } from "./stratum.ts";

/** The tables that rules define, brought up to date stratum by stratum. */
export class DerivedTables {
  readonly #plan: Plan;
  readonly #table: (predicate: number) => Table;
  readonly #journal: Journal;
  readonly #tally: StoreTally;
  readonly #limits: Limits;
  readonly #strata: readonly Stratum[];
  readonly #views: { readonly view: DerivedRule; readonly stratum: Stratum }[] = [];

  constructor(plan: Plan, table: (predicate: number) => Table, journal: Journal, tally: StoreTally, limits: Limits) {
    this.#plan = plan;
    this.#table = table;
    this.#journal = journal;
    this.#tally = tally;
    this.#limits = limits;
    this.#strata = plan.strata.map((spec) => this.#stratum(spec));
  }

  contribute(id: number, sign: Sign, values: Values): void {
    const { view, stratum } = this.#views[id] as { view: DerivedRule; stratum: Stratum };
    stratum.contribute(view, sign, values);
  }

  improve(id: number): void {
    this.#views[id]?.stratum.improve();
  }

  /** Everything else of the commit is done and settled. */
  update(now: number, run: RunStrand): void {
    for (const stratum of this.#strata) stratum.update(now, run);
  }

  abandon(): void {
    for (const stratum of this.#strata) stratum.abandon();
  }

  #stratum({ isRecursive, tables, derivedRules: views, mayDecreaseCosts: mayImprove }: StratumSpec): Stratum {
    const derived = tables.map((predicate) => new DerivedRows(this.#table(predicate), this.#journal));
    const own = views.map((id) => this.#view(this.#plan.derivedRules[id] as DerivedRuleSpec, derived));
    const strands = own.flatMap(({ spec }) => spec.strands.map((strand) => this.#strand(strand)));
    const stratum = isRecursive
      ? new RecursiveStratum(derived, own, strands, this.#tally, this.#limits.derivations, mayImprove)
      : new NonrecursiveStratum(derived[0] as DerivedRows, own, strands, this.#tally);
    for (const view of own) this.#views[view.spec.id] = { view, stratum };
    return stratum;
  }

  #view(spec: DerivedRuleSpec, tables: readonly DerivedRows[]): DerivedRule {
    const derived = tables.find(({ table }) => table.predicate.id === spec.predicate) as DerivedRows;
    const aggregate = spec.aggregate && new MaintainedAggregate(spec.aggregate, this.#journal);
    const kept =
      spec.deterministicColumns === undefined
        ? undefined
        : new MemoisedValues(spec.deterministicColumns, this.#journal);
    return { spec, derived, aggregate, kept };
  }

  #strand(id: number): MaintenanceStrand {
    const trigger = this.#plan.strands[id]?.trigger;
    if (trigger?.kind !== "maintenance") throw new Error(`strand ${id} keeps no view`);
    return { id, change: trigger.change, table: this.#table(trigger.predicate) };
  }
}
