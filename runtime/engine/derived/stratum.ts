import type { MaintainedChange, Sign, DerivedRuleSpec } from "../../plan/contract/plan.ts";
import type { Values } from "../../plan/values/value.ts";
import type { MemoisedValues } from "./memoised-values.ts";
import type { DerivedRows } from "./derived-rows.ts";
import type { MaintainedAggregate } from "./maintained-aggregate.ts";
import type { Row } from "../tables/row.ts";
import type { Table } from "../tables/table.ts";

/** Runs a view's strand on one row that entered or left a table, or was refreshed. */
export type RunStrand = (strand: number, values: Values) => void;

/** Rules that define a table together, on one node. */
export interface DerivedRule {
  readonly spec: DerivedRuleSpec;
  readonly derived: DerivedRows;
  readonly aggregate: MaintainedAggregate | undefined;
  readonly kept: MemoisedValues | undefined;
}

/** A strand of a view and the table whose rows it is run on. */
export interface MaintenanceStrand {
  readonly id: number;
  readonly change: MaintainedChange;
  readonly table: Table;
}

/** Tables that are brought up to date together. */
export interface Stratum {
  /** Takes a change of what a view derives; called by the strands that `update` runs. */
  contribute(view: DerivedRule, sign: Sign, values: Values): void;
  update(now: number, run: RunStrand): void;
  /** A value is better than one it is made from: what it makes way for may be what it stands on. */
  improve(): void;
  /** Forgets an update that was broken off. */
  abandon(): void;
}

/** Runs a strand on what a commit has done to its table, as far as that is settled. */
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
      throw new Error("rows of a recursive stratum are told one by one");
  }
}
