import type { DerivedRuleSpec, MaintainedChange, Sign } from "../../plan/contract/plan.ts";
import type { Values } from "../../plan/values/value.ts";
import type { Row } from "../tables/row.ts";
import type { Table } from "../tables/table.ts";
import type { DerivedRows } from "./derived-rows.ts";
import type { MaintainedAggregate } from "./maintained-aggregate.ts";
import type { MemoisedValues } from "./memoised-values.ts";

/**
 * Runs a maintenance strand on one row that was inserted into a body table, deleted from it, or refreshed. For a strand that runs on
 * insertions and deletions (`recursive-delta`), `isRemoval` says that its derivations are removed.
 */
export type RunStrand = (strand: number, values: Values, isRemoval?: boolean) => void;

/** Rules of a derived table at run time: one rule with an aggregate, or all rules without aggregates together. */
export interface DerivedRule {
  readonly spec: DerivedRuleSpec;
  /** Table that the rule defines. */
  readonly derived: DerivedRows;
  readonly aggregate: MaintainedAggregate | undefined;
  /** Results of impure functions in the rule. */
  readonly memoised: MemoisedValues | undefined;
}

/** Strand that maintains a derived table, with the body table on whose changes the strand runs. */
export interface MaintenanceStrand {
  readonly id: number;
  readonly change: MaintainedChange;
  readonly table: Table;
}

/** Derived tables that are brought up to date together: a strongly connected component of the dependency graph. */
export interface Stratum {
  /**
   * Takes a derivation that a strand of `rule` reports, with the greatest rank of the rows of the stratum that the strand joined. Called by
   * the strands that `update` runs.
   */
  contribute(rule: DerivedRule, sign: Sign, values: Values, rank: number): void;
  /** Brings the tables up to date. All strata before this one, and all base rows of the commit, are final. */
  update(now: number, run: RunStrand): void;
  /**
   * Notes that a rule derived a better cost than one in its body. From then on, a row that replaces another row may depend on the
   * replaced row. Called by strands.
   */
  costDecreased(): void;
  /** Discards an update that an exceeded limit interrupted. */
  abandon(): void;
}

/** Runs a strand on all rows of its body table that the commit inserted, deleted or refreshed, whichever the strand subscribes to. */
export function runOnChanges({ id, change, table }: MaintenanceStrand, run: RunStrand): void {
  for (const row of changedRows(change, table)) run(id, row.values);
}

function changedRows(change: MaintainedChange, table: Table): readonly Row[] {
  switch (change) {
    case "inserted":
      return table.added;
    case "deleted":
    case "negation-deleted":
      return table.removed;
    case "refreshed":
      return table.refreshed;
    case "recursive-delta":
      throw new Error("a recursive stratum processes its own rows one by one");
  }
}
