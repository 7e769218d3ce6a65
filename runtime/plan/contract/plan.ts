import type { Graph } from "./graph.ts";
import type { PredicateSpec } from "../values/predicate-spec.ts";
import type { Value } from "../values/value.ts";

/**
 * Output of the compiler and input of a node: the whole program as plain data, with the emitted functions as text. All nodes of
 * a process that run the program share one plan.
 */
export interface Plan {
  readonly predicates: readonly PredicateSpec[];
  /** In the order of the functions that `code` returns. */
  readonly strands: readonly StrandSpec[];
  readonly derivedRules: readonly DerivedRuleSpec[];
  /** Derived tables grouped by strongly connected component, in topological order: a stratum reads only strata before it. */
  readonly strata: readonly StratumSpec[];
  readonly channels: readonly ChannelSpec[];
  readonly calls: readonly CallSpec[];
  readonly timers: readonly TimerSpec[];
  readonly facts: readonly FactSpec[];
  readonly overlays: readonly OverlaySpec[];
  /** Names of the secrets that the rules use. The node must have them. */
  readonly secrets: readonly string[];
  readonly graph: Graph;
  /** Body of a function with the parameter `lib` that returns the array of strand functions. */
  readonly code: string;
}

/** Call of a view. Calls that begin in one batch of events are ordered by name, then by `columns` of the tuples that begin them. */
export interface CallSpec {
  /** Predicate whose tuple begins the call, with its query id in the first column. */
  readonly predicate: number;
  readonly name: string;
  readonly columns: readonly number[];
}

/** Position in the source of a program, for messages only. */
export interface Origin {
  /** Label of the rule, or the name of its head if the rule has no label. */
  readonly rule: string;
  readonly file: string;
  readonly line: number;
}

/**
 * Change of a row by a commit, which triggers rules in the next round. A row that is inserted again unchanged is `refreshed`.
 * A row whose lifetime ends is both `expired` and `deleted`.
 */
export type RowEvent = "inserted" | "refreshed" | "expired" | "deleted";

/** Event that runs a strand. `predicate` is an index in `Plan.predicates`. */
export type Trigger =
  /** An event tuple of the predicate. */
  | { readonly kind: "event"; readonly predicate: number }
  | { readonly kind: RowEvent; readonly predicate: number }
  /** Maintenance of a derived table: a change of one body table of the rule. */
  | {
      readonly kind: "maintenance";
      readonly change: MaintainedChange;
      readonly predicate: number;
      readonly derivedRule: number;
    };

/** Change of a body table that runs a maintenance strand. */
export type MaintainedChange =
  /** Rows that the commit inserted into, deleted from, or refreshed in the table. */
  | "inserted"
  | "deleted"
  | "refreshed"
  /**
   * Rows that the commit deleted from a negated table, which add derivations. Strands of recursive rules run on them as on refreshes:
   * after the fixpoint.
   */
  | "negation-deleted"
  /** One row that enters or leaves a table of the rule's own recursive stratum. */
  | "recursive-delta";

export interface StrandSpec {
  readonly id: number;
  readonly origin: Origin;
  readonly trigger: Trigger;
  /**
   * Operators that were fused into the function, as text for people: `Join ron.RT(Dest, Next, _) by index 1`. The last one is the
   * action: `Insert ron.link`.
   */
  readonly operators: readonly string[];
  /**
   * Tables that the strand reads, if its outcome depends only on the event and these tables; the flow cache then watches the tables.
   * Undefined if the outcome also depends on the payload, the clock or randomness.
   */
  readonly cacheableReads: readonly number[] | undefined;
  /** Columns of the event in which a packet train stays one value. For a train in another column the strand runs once per packet. */
  readonly trainColumns: readonly number[];
  readonly cycle: CycleRole;
}

/**
 * Role of a strand for cycles of rules that trigger each other and may have no end, because a rule of the cycle computes values or sends
 * tuples. `within`: the strand derives tuples of such a cycle from tuples of the same cycle. `enters`: it derives tuples of such a cycle
 * from tuples that do not depend on any such cycle. `none`: any other strand.
 */
export type CycleRole = "none" | "enters" | "within";

/** Rules of one derived table that are maintained together: all plain rules, or one rule with an aggregate in its head. */
export interface DerivedRuleSpec {
  /** Index in `Plan.derivedRules`. */
  readonly id: number;
  /** The derived table. */
  readonly predicate: number;
  readonly aggregate: AggregateSpec | undefined;
  /**
   * Columns whose values follow from the body. The values of the other columns come from impure functions and are memoised by the
   * deterministic columns, so that a derivation keeps its random values. Undefined if all columns are deterministic.
   */
  readonly deterministicColumns: readonly number[] | undefined;
  /** Whether the rules read tables of their own stratum. */
  readonly isRecursive: boolean;
  /** Maintenance strands of the rules, as indices in `Plan.strands`, in evaluation order. */
  readonly strands: readonly number[];
}

/**
 * Replication of the rows of a derived table to other nodes. The first column of an `outlet` row names the receiving node. That node
 * holds the row in `inlet`, with the name of this node as its first column instead.
 */
export interface ChannelSpec {
  readonly outlet: number;
  readonly inlet: number;
  /** Seconds without a message after which the receiver deletes the rows, and the sender stops sending to the receiver. */
  readonly timeout: number;
  /** Whether the last two columns are the depth and the proof of the row: a table that is recursive across nodes. */
  readonly hasProofs: boolean;
}

/** Strongly connected component of the dependency graph: derived tables that read each other, or one derived table. */
export interface StratumSpec {
  readonly isRecursive: boolean;
  /** Indices in `Plan.predicates`. */
  readonly tables: readonly number[];
  /** Indices in `Plan.derivedRules`. */
  readonly derivedRules: readonly number[];
  /**
   * Whether the engine must expect that a `min` or `max` value improves along a cycle. If false, the compiler found monotone cost
   * columns, and strands report the exceptions at run time (`StrandHost.costDecreased`).
   */
  readonly mayDecreaseCosts: boolean;
  /**
   * Whether the engine ranks the rows of the stratum, in the order in which they are derived. Strands then report the ranks of the rows
   * that they join (`StrandHost.contribute`).
   */
  readonly ranksRows: boolean;
  /** Whether a recursive rule computes values of its head, as `p(N + 1) :- p(N)` does, so that the recursion may have no end. */
  readonly computesValues: boolean;
}

/** Change of a derivation: -1 deleted, 0 refreshed, 1 inserted. */
export type Sign = -1 | 0 | 1;

export type AggregateKind = "min" | "max" | "count" | "countDistinct" | "sum" | "avg" | "list" | "set" | "union";

/** Head of an aggregate rule, one entry per column. A contribution carries one value per column, in the same order. */
export interface AggregateSpec {
  readonly columns: readonly AggregateColumn[];
  /**
   * Whether the last two columns are the depth and the proof of a derivation. If so, of equal values the least deep one wins, and only
   * a refresh of the winning row refreshes the result. If not, a refresh of any row of the group does.
   */
  readonly hasProofs: boolean;
}

export type AggregateColumn =
  | { readonly kind: "group" }
  | { readonly kind: "aggregate"; readonly function: AggregateKind }
  /** Value in the row that wins the `min` or `max`. A head with such a column has exactly one `min` or `max`. */
  | { readonly kind: "winner" };

/** Timer of one `periodic` literal. */
export interface TimerSpec {
  readonly predicate: number;
  readonly seconds: number;
  /** Number of firings; 0 stands for no limit. */
  readonly count: number;
  /** Seconds before the first firing. Undefined stands for one interval. */
  readonly delay: number | undefined;
  /** Upper bound of the random number of seconds that is added to each interval. */
  readonly jitter: number;
  /** Position in the text of the program, for timers of OverLog. Timers that are due at the same time fire in this order. */
  readonly position: number | undefined;
  readonly origin: Origin;
}

export interface FactSpec {
  readonly predicate: number;
  readonly args: readonly Value[];
  /** Node that has the fact. Undefined stands for every node. */
  readonly location: Value | undefined;
  readonly origin: Origin;
}

export interface OverlaySpec {
  readonly name: string;
  /** Predicates of the events `name.send(Dest, Packet)` and `name.recv(Packet)`. Undefined if the program does not use them. */
  readonly send: number | undefined;
  readonly recv: number | undefined;
  /** Predicate of the table `name.localAddr(A)`. */
  readonly localAddr: number;
  /** Predicate of the table `name.member(A)`. Undefined if the overlay has none. */
  readonly member: number | undefined;
}
