import type { PredicateLiteral } from "../../grammar/ast.ts";
import type { ProgramRule } from "../program/program.ts";
import type { RowEvent } from "../../runtime/plan/contract/plan.ts";

/** A rule without calls; `trigger` is set where expansion decides what fires it. */
export interface ExpandedRule extends ProgramRule {
  readonly trigger: { readonly kind: RowEvent; readonly literal: PredicateLiteral } | undefined;
  /** The head is a table all the same not defined by the rule: each new row of a body table makes it act once. */
  readonly suspends: boolean;
  /** Columns that group what an aggregate is over, where the keys of the head's table do not say so. */
  readonly groupKeys?: readonly number[] | undefined;
}
