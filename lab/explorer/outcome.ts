import type { Value, Values } from "../../runtime/plan/values/value.ts";
import type { Invariants } from "./invariants.ts";
import type { Choice } from "./choice.ts";
import type { Digest } from "./digest.ts";
import type { System } from "./system.ts";

/** What a search found wrong in a state. */
export type Finding =
  /** A row of `violation`. */
  | { readonly kind: "violation"; readonly values: Values }
  /** A step exceeded a limit, or the steps of a node have no end. */
  | { readonly kind: "failure"; readonly reason: string }
  /** `goal()` did not come to hold without further faults. */
  | { readonly kind: "goal"; readonly reason: string };

/** A finding, and the actions from the start to the state. */
export interface Counterexample {
  readonly finding: Finding;
  readonly schedule: readonly Choice[];
}

/** Limit at which a search gave up. */
export type SearchLimit = "states" | "memory";

export interface SearchOutcome {
  /** `complete`: all states were visited, or all schedules were run. */
  readonly result: "complete" | "found" | "limit";
  readonly limit: SearchLimit | undefined;
  /** Number of different states. */
  readonly states: number;
  /** Number of actions carried out. */
  readonly actions: number;
  /** Number of actions of the longest way. */
  readonly deepest: number;
  readonly schedules: number;
  /** Number of the random schedule that led to the counterexample. */
  readonly foundAt: number | undefined;
  readonly counterexample: Counterexample | undefined;
}

/** How far a search has come. */
export interface ProgressCounts {
  readonly states: number;
  /** Number of actions of the longest way. */
  readonly deepest: number;
  /** Number of random schedules that were run. */
  readonly schedules: number;
}

/** Set of states that have been visited. `add` returns false if the set has the state already. */
export interface VisitedStates {
  readonly size: number;
  add(digest: Digest): boolean;
  has(digest: Digest): boolean;
}

/** Looks at a state: notes the names that are reached in it, and returns a failure of the latest action or a violation. */
export function inspect(
  { failure }: Pick<System, "failure">,
  invariants: Invariants,
  reached: Set<Value>,
): Finding | undefined {
  if (failure !== undefined) return { kind: "failure", reason: failure };
  for (const name of invariants.reached) reached.add(name);
  const [values] = invariants.violations;
  return values && { kind: "violation", values };
}

/** Whether two findings are the same mistake: violations with the same name, failures, or missed goals. */
export function isSameFinding(one: Finding, other: Finding): boolean {
  if (one.kind !== "violation" || other.kind !== "violation") return one.kind === other.kind;
  return one.values[0] === other.values[0];
}
