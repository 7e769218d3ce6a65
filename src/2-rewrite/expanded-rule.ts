import type { PredicateLiteral } from "../../grammar/ast.ts";
import type { ProgramRule } from "../program/program.ts";
import type { RowEvent } from "../../runtime/plan/contract/plan.ts";

/** A rule without view calls. `trigger` is set only if the expansion of views determines the trigger. */
export interface ExpandedRule extends ProgramRule {
  readonly trigger: { readonly kind: RowEvent; readonly literal: PredicateLiteral } | undefined;
  /** True if the rule inserts a context row once for each new row of a body table. The context table is not a derived table. */
  readonly suspends: boolean;
  /** Group columns of an aggregate, if they are not the keys of the head's table. */
  readonly groupKeys?: readonly number[] | undefined;
  /** Name of the predicate whose rule combines the aggregates of this rule in an expression. */
  readonly combinedIn?: string | undefined;
}
