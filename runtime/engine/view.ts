import type { DerivedRuleSpec, MaintainedChange, Sign } from "../plan/contract/plan.ts";
import type { Row as Values } from "../plan/values/value.ts";
import type { KeptValues } from "./kept-values.ts";
import type { DerivedRows } from "./derived-rows.ts";
import type { MaintainedAggregate } from "./maintained-aggregate.ts";
import type { Row } from "./row.ts";
import type { Table } from "./table.ts";

/** Runs a view's strand on one row that entered or left a table, or was refreshed. */
export type RunStrand = (strand: number, values: Values) => void;

/** Rules that define a table together, on one node. */
export interface View {
  readonly spec: DerivedRuleSpec;
  readonly derived: DerivedRows;
  readonly aggregate: MaintainedAggregate | undefined;
  readonly kept: KeptValues | undefined;
}

/** A strand of a view and the table whose rows it is run on. */
export interface ViewStrand {
  readonly id: number;
  readonly kind: MaintainedChange;
  readonly table: Table;
}

/** Tables that are brought up to date together. */
export interface Stratum {
  /** Takes a change of what a view derives; called by the strands that `update` runs. */
  contribute(view: View, sign: Sign, values: Values): void;
  update(now: number, run: RunStrand): void;
  /** A value is better than one it is made from: what it makes way for may be what it stands on. */
  improve(): void;
  /** Forgets an update that was broken off. */
  abandon(): void;
}

/** Runs a strand on what a commit has done to its table, as far as that is settled. */
export function runOnChanges({ id, kind, table }: ViewStrand, run: RunStrand): void {
  for (const row of changesOf(kind, table)) run(id, row.values);
}

function changesOf(kind: ViewStrand["kind"], table: Table): readonly Row[] {
  switch (kind) {
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
