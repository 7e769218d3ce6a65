import type { Expression } from "../../grammar/ast.ts";
import type { AggregateKind, Origin, Sign, Trigger } from "../../runtime/plan/contract/plan.ts";
import type { ColumnType } from "../../runtime/plan/values/column-type.ts";
import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";

/** A rule strand before code is emitted for it: a trigger, the operators that the tuple passes, and an action for each result. */
export interface Strand {
  readonly id: number;
  readonly origin: Origin;
  readonly trigger: Trigger;
  /** Matching of the trigger's arguments; columns without an entry are ignored. */
  readonly match: readonly Match[];
  readonly operators: readonly Operator[];
  readonly action: StrandAction;
}

/** Matching of one column: it is bound to a variable or compared with a value. */
export type Match =
  | { readonly kind: "bind"; readonly column: number; readonly variable: string }
  | { readonly kind: "test"; readonly column: number; readonly value: Expression };

/**
 * The rows of a table that a join reads. `frozen`: all rows, in a triggered rule. During maintenance: the rows `before` the commit, the
 * rows `after` the commit, or the rows in both states (`unchanged`). In a recursive stratum: all `present` rows, or all but the row whose
 * change is being propagated (`others`).
 */
export type Visibility = "frozen" | "before" | "after" | "unchanged" | "present" | "others";

export type Operator =
  /** Lookup by the primary key: at most one row. */
  | {
      readonly kind: "get";
      readonly table: PredicateSpec;
      readonly key: readonly Expression[];
      readonly match: readonly Match[];
    }
  /** Lookup by an index; a scan of all rows if `index` is undefined. */
  | {
      readonly kind: "join";
      readonly table: PredicateSpec;
      readonly index: number | undefined;
      readonly key: readonly Expression[];
      readonly match: readonly Match[];
      readonly visibility: Visibility;
    }
  /** Negation: passes the tuple on if no row matches. */
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

/**
 * Matching of a list element: bound to a variable, ignored, compared with a value, or matched part by part: the items of a list, or the
 * arguments of the tuple in a packet.
 */
export type ElementMatch =
  | { readonly kind: "variable"; readonly variable: string }
  | { readonly kind: "any" }
  | { readonly kind: "equal"; readonly value: Expression }
  | ItemsMatch
  | { readonly kind: "fields"; readonly predicate: PredicateSpec; readonly match: readonly Match[] };

/**
 * Matching of a list of `count` items. With `hasTail`, the list may be longer, and column `count` stands for the list of the other items.
 */
export interface ItemsMatch {
  readonly kind: "items";
  readonly count: number;
  readonly hasTail: boolean;
  readonly match: readonly Match[];
}

export type StrandAction =
  | { readonly kind: "tuple"; readonly head: Target; readonly args: readonly Expression[] }
  | { readonly kind: "aggregate"; readonly head: Target; readonly columns: readonly Column[] }
  | {
      readonly kind: "contribute";
      readonly head: Pick<Target, "predicate" | "required">;
      readonly derivedRule: number;
      readonly sign: Sign;
      readonly columns: readonly Column[];
      readonly costDecreases: readonly CostDecrease[];
      /** Whether the strand reports the ranks of the rows of its own stratum that it joins. */
      readonly reportsRank: boolean;
    };

/** Comparison of costs in a recursive rule: tells the engine that the derived cost `value` is better than the body cost `than`. */
export interface CostDecrease {
  readonly value: Expression;
  readonly than: Expression;
  readonly isLeast: boolean;
}

/** Destination of a derived tuple. With a location it goes to LocSpecDemux; otherwise it belongs to this round. */
export interface Target {
  readonly predicate: PredicateSpec;
  readonly isDelete: boolean;
  readonly location: Expression | undefined;
  /** For each argument, the type that is checked at run time, as a `ColumnType`; 0 or no entry if none is checked. */
  readonly required: readonly ColumnType[];
}

export type Column =
  | { readonly kind: "group"; readonly value: Expression }
  | { readonly kind: "aggregate"; readonly function: AggregateKind; readonly operand: Expression | undefined }
  | { readonly kind: "winner"; readonly value: Expression };
