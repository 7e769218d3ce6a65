import type { PredicateLiteral } from "../../grammar/ast.ts";
import type { ProgramRule } from "../program/program.ts";
import type { RowEvent } from "../../runtime/plan/contract/plan.ts";

/** A rule without calls. `trigger` is set if the expansion of views determines it. */
export interface ExpandedRule extends ProgramRule {
  readonly trigger: { readonly kind: RowEvent; readonly literal: PredicateLiteral } | undefined;
  /** The rule inserts into a context table once for each new row of a body table; the table is not derived from them. */
  readonly suspends: boolean;
  /** Group columns of an aggregate, if they are not the keys of the head's table. */
  readonly groupKeys?: readonly number[] | undefined;
}
