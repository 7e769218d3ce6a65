import type { DerivedRuleSpec, Plan, Sign, StratumSpec } from "../../plan/contract/plan.ts";
import type { Values } from "../../plan/values/value.ts";
import type { CommitTally } from "../tables/commit-tally.ts";
import type { Journal } from "../tables/journal.ts";
import type { Table } from "../tables/table.ts";
import { DerivedRows } from "./derived-rows.ts";
import { MaintainedAggregate } from "./maintained-aggregate.ts";
import { MemoisedValues } from "./memoised-values.ts";
import { NonrecursiveStratum } from "./nonrecursive-stratum.ts";
import { RecursiveStratum, type RunLimit } from "./recursive-stratum.ts";
import type { DerivedRule, MaintenanceStrand, RunStrand, Stratum } from "./stratum.ts";

/** Parts of the Store that maintenance of derived tables uses. */
export interface DerivedTablesOptions {
  readonly table: (predicate: number) => Table;
  readonly journal: Journal;
  readonly tally: CommitTally;
  /** Limit of each recursive stratum in one commit. */
  readonly limit: RunLimit;
}

/**
 * All derived tables of a node. The Store calls `update` in each commit; it updates the strata in topological order of the
 * dependency graph. Strands report derivations through `contribute`.
 */
export class DerivedTables {
  readonly #plan: Plan;
  readonly #options: DerivedTablesOptions;
  readonly #strata: readonly Stratum[];
  /** Rules by their index in the plan, each with its stratum. */
  readonly #rules: { readonly rule: DerivedRule; readonly stratum: Stratum }[] = [];

  constructor(plan: Plan, options: DerivedTablesOptions) {
    this.#plan = plan;
    this.#options = options;
    this.#strata = plan.strata.map((spec) => this.#stratum(spec));
  }

  contribute(id: number, sign: Sign, values: Values, rank: number): void {
    const { rule, stratum } = this.#rules[id] as { rule: DerivedRule; stratum: Stratum };
    stratum.contribute(rule, sign, values, rank);
  }

  costDecreased(id: number): void {
    this.#rules[id]?.stratum.costDecreased();
  }

  /** Brings all derived tables up to date. The changes of all other tables in this commit are final. */
  update(now: number, run: RunStrand): void {
    for (const stratum of this.#strata) stratum.update(now, run);
  }

  abandon(): void {
    for (const stratum of this.#strata) stratum.abandon();
  }

  #stratum(spec: StratumSpec): Stratum {
    const { isRecursive, tables, derivedRules, mayDecreaseCosts, computesValues, ranksRows } = spec;
    const { journal, tally, limit } = this.#options;
    const derived = tables.map((predicate) => new DerivedRows(this.#options.table(predicate), journal));
    const rules = derivedRules.map((id) => this.#rule(this.#plan.derivedRules[id] as DerivedRuleSpec, derived));
    const strands = rules.flatMap(({ spec }) => spec.strands.map((strand) => this.#strand(strand)));
    const stratum = isRecursive
      ? new RecursiveStratum({
          tables: derived,
          rules,
          strands,
          tally,
          limit,
          mayDecreaseCosts,
          computesValues,
          ranksRows,
        })
      : new NonrecursiveStratum(derived[0] as DerivedRows, rules, strands, tally);
    for (const rule of rules) this.#rules[rule.spec.id] = { rule, stratum };
    return stratum;
  }

  #rule(spec: DerivedRuleSpec, tables: readonly DerivedRows[]): DerivedRule {
    const { journal } = this.#options;
    const { aggregate, deterministicColumns } = spec;
    return {
      spec,
      derived: tables.find(({ table }) => table.predicate.id === spec.predicate) as DerivedRows,
      aggregate: aggregate && new MaintainedAggregate(aggregate, journal),
      memoised: deterministicColumns && new MemoisedValues(deterministicColumns, journal),
    };
  }

  #strand(id: number): MaintenanceStrand {
    const trigger = this.#plan.strands[id]?.trigger;
    if (trigger?.kind !== "maintenance") throw new Error(`strand ${id} maintains no derived table`);
    return { id, change: trigger.change, table: this.#options.table(trigger.predicate) };
  }
}
