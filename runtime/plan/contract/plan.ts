import type { Graph } from "./graph.ts";
import type { PredicateSpec } from "../values/predicate-spec.ts";
import type { Value } from "../values/value.ts";

/**
 * What the compiler hands a node: everything that is left of a program once the rules are gone. Plain data, shared by
 * all nodes of a process; the emitted functions are in it as text.
 */
export interface Plan {
  readonly predicates: readonly PredicateSpec[];
  /** In the order of `code`'s functions. */
  readonly strands: readonly StrandSpec[];
  readonly derivedRules: readonly DerivedRuleSpec[];
  /** The views by the tables they define, in the order in which these must be brought up to date. */
  readonly strata: readonly StratumSpec[];
  readonly channels: readonly ChannelSpec[];
  readonly timers: readonly TimerSpec[];
  readonly facts: readonly FactSpec[];
  readonly overlays: readonly OverlaySpec[];
  readonly graph: Graph;
  /** The body of a function of `lib` that returns the array of strand functions. */
  readonly code: string;
}

/** Where in the program something comes from: shown in messages, never interpreted. */
export interface Origin {
  /** The rule's label, or its head where it has none. */
  readonly rule: string;
  readonly file: string;
  readonly line: number;
}

/**
 * What a commit does to a row, heard in the next round: it enters the table, is put there again as it is, leaves because
 * its lifetime ended, or leaves for whatever reason.
 */
export type RowEvent = "inserted" | "refreshed" | "expired" | "deleted";

export type Trigger =
  /** Each event of the predicate. */
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
  /** Rows deleted from a negated table, as refreshes: runs in recursive rules, after the fixpoint. */
  | "negation-deleted"
  /** One row that enters or leaves a table of the rule's own recursive stratum. */
  | "recursive-delta";

export interface StrandSpec {
  readonly id: number;
  readonly origin: Origin;
  readonly trigger: Trigger;
  /** The elements it was fused from, for people: `Join ron.RT(Dest, Next, _) by index 1`. The last says what it does: `Insert ron.link`. */
  readonly operators: readonly string[];
  /**
   * The tables on which alone depends what it does with an event, whatever packet that brings. Undefined where it depends on
   * more: on bytes, on the clock, on lots.
   */
  readonly cacheableReads: readonly number[] | undefined;
}

/** Rules that define one table together: all that are alike, or one with an aggregate in its head. */
export interface DerivedRuleSpec {
  readonly id: number;
  /** The table its rows go to. */
  readonly predicate: number;
  readonly aggregate: AggregateSpec | undefined;
  /** The columns that say which derivation a row is, where others are drawn when it appears. */
  readonly deterministicColumns: readonly number[] | undefined;
  /** Its rules read tables of their own stratum. */
  readonly isRecursive: boolean;
  /** Strands by what they are triggered by, in evaluation order. */
  readonly strands: readonly number[];
}

/** Rows of `outlet` but for their first column, which names a node, are kept there in `inlet`, behind this node's name. */
export interface ChannelSpec {
  readonly outlet: number;
  readonly inlet: number;
  /** Seconds without a word after which the rows are given up. */
  readonly timeout: number;
}

/** Tables that rules define in terms of each other, or one that is defined in terms of others alone. */
export interface StratumSpec {
  readonly isRecursive: boolean;
  /** Numbers of predicates. */
  readonly tables: readonly number[];
  /** Numbers of views. */
  readonly derivedRules: readonly number[];
  /** A `min` or `max` may better itself round a circle. Where this says no, strands say so when it does happen. */
  readonly mayDecreaseCosts: boolean;
}

/** A derivation is gone, is as it was but refreshed, or has come. */
export type Sign = -1 | 0 | 1;

export type AggregateKind = "min" | "max" | "count" | "countDistinct" | "sum" | "avg" | "list" | "set";

/**
 * The head of an aggregate rule, column by column: a group-by value, an aggregate, or a value of the winning row.
 * Each contribution carries one value a column, in this order.
 */
export interface AggregateSpec {
  readonly columns: readonly AggregateColumn[];
  /** Only the row that wins refreshes the result; otherwise any of the group does. */
  readonly isRefreshedByWinnerOnly: boolean;
}

export type AggregateColumn =
  | { readonly kind: "group" }
  | { readonly kind: "aggregate"; readonly function: AggregateKind }
  /** From the row that wins the (only) `min` or `max`. */
  | { readonly kind: "winner" };

/** One `periodic` literal. */
export interface TimerSpec {
  readonly predicate: number;
  readonly seconds: number;
  /** 0 is for ever. */
  readonly count: number;
  /** Seconds before the first firing; undefined: one interval. */
  readonly delay: number | undefined;
  /** Up to so many seconds, drawn anew each time, are added to each interval. */
  readonly jitter: number;
  readonly origin: Origin;
}

export interface FactSpec {
  readonly predicate: number;
  readonly args: readonly Value[];
  /** The one node that has the fact; undefined: every node. */
  readonly location: Value | undefined;
  readonly origin: Origin;
}

export interface OverlaySpec {
  readonly name: string;
  /** The events `name.send(Dest, Packet)` and `name.recv(Packet)`, where the program has them. */
  readonly send: number | undefined;
  readonly recv: number | undefined;
  /** The table `name.localAddr(A)`. */
  readonly localAddr: number;
  /** The table `name.member(A)`, when the overlay has one. */
  readonly member: number | undefined;
}
