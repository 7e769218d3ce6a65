import type { Expression } from "../../grammar/ast.ts";
import type { AggregateKind, Origin, Sign, Trigger } from "../../runtime/plan/contract/plan.ts";
import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";

/** One rule strand before it is emitted: a trigger, the operators its tuple passes, and what is done at the end. */
export interface Strand {
  readonly id: number;
  readonly origin: Origin;
  readonly trigger: Trigger;
  /** How the arguments of the trigger are matched, column by column; columns not named are ignored. */
  readonly match: readonly Match[];
  readonly operators: readonly Operator[];
  readonly action: Action;
}

/** What one column of a tuple must be, or is called. */
export type Match =
  | { readonly kind: "bind"; readonly column: number; readonly variable: string }
  | { readonly kind: "test"; readonly column: number; readonly value: Expression };

/**
 * Which rows of a table a join sees: all; while views are maintained, those of the state before, of the state after or of
 * both; in a recursive stratum those that are there, with the row it is being told of or without.
 */
export type Visibility = "frozen" | "before" | "after" | "unchanged" | "present" | "others";

export type Operator =
  /** By the primary key: one row at most. */
  | {
      readonly kind: "get";
      readonly table: PredicateSpec;
      readonly key: readonly Expression[];
      readonly match: readonly Match[];
    }
  /** By an index, or all rows when `index` is undefined. */
  | {
      readonly kind: "join";
      readonly table: PredicateSpec;
      readonly index: number | undefined;
      readonly key: readonly Expression[];
      readonly match: readonly Match[];
      readonly visibility: Visibility;
    }
  /** Goes on when no row fits. */
  | {
      readonly kind: "absent";
      readonly table: PredicateSpec;
      readonly index: number | undefined;
      readonly key: readonly Expression[];
      readonly match: readonly Match[];
      readonly visibility: Visibility;
    }
  | { readonly kind: "select"; readonly test: Expression }
  | { readonly kind: "assign"; readonly variable: string; readonly value: Expression }
  | { readonly kind: "unnest"; readonly list: Expression; readonly match: ElementMatch };

/** What an element of a list must look like: one variable for it all, or a pattern of its items. */
export type ElementMatch =
  | { readonly kind: "variable"; readonly variable: string }
  | { readonly kind: "any" }
  | { readonly kind: "equal"; readonly value: Expression }
  | { readonly kind: "items"; readonly count: number; readonly match: readonly Match[] };

export type Action =
  | { readonly kind: "tuple"; readonly head: Target; readonly args: readonly Expression[] }
  | { readonly kind: "aggregate"; readonly head: Target; readonly columns: readonly Column[] }
  | {
      readonly kind: "contribute";
      readonly derivedRule: number;
      readonly sign: Sign;
      readonly columns: readonly Column[];
      readonly costDecreases: readonly CostDecrease[];
    };

/** In recursion: the engine has to know when a derived value is less (or greater) than one it is made from. */
export interface CostDecrease {
  readonly value: Expression;
  readonly than: Expression;
  readonly isLeast: boolean;
}

/** Where a derived tuple goes. With a location it leaves through LocSpecDemux; otherwise it is of this round. */
export interface Target {
  readonly predicate: PredicateSpec;
  readonly isDelete: boolean;
  readonly location: Expression | undefined;
}

export type Column =
  | { readonly kind: "group"; readonly value: Expression }
  | { readonly kind: "aggregate"; readonly function: AggregateKind; readonly operand: Expression | undefined }
  | { readonly kind: "winner"; readonly value: Expression };
