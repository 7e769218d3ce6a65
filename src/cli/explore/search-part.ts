/** One thread's part of a search: all of it with one job. */
import type { Value } from "../../../runtime/plan/values/value.ts";
import { ExhaustiveSearch } from "../../../lab/explorer/exhaustive-search.ts";
import { type Step, stepOf } from "../../../lab/explorer/follow-schedule.ts";
import type { ProgressCounts, SearchOutcome } from "../../../lab/explorer/outcome.ts";
import { RandomSearch } from "../../../lab/explorer/random-search.ts";
import { SharedStateSet } from "../../../lab/explorer/shared-state-set.ts";
import { StateSet } from "../../../lab/explorer/state-set.ts";
import type { Exploration } from "./prepare-exploration.ts";
import type { ExploreOptions } from "./run-explore.ts";

/** Part of a search. All fields can be sent to a thread. */
export interface SearchPart {
  /** Number of the part, from 0, and number of all parts. */
  readonly part: number;
  readonly parts: number;
  /** Memory that all parts share: the states, and the number of the first schedule with a violation. Undefined if there is one part. */
  readonly shared: { readonly states: SharedArrayBuffer; readonly firstFound: Int32Array } | undefined;
}

/** Outcome of a part, which a thread can send. */
export interface PartOutcome {
  readonly outcome: Omit<SearchOutcome, "counterexample">;
  /** The actions that lead to a violation. */
  readonly steps: readonly Step[] | undefined;
  /** Names that were reached. */
  readonly reached: readonly Value[];
}

export function searchPart(
  { search, seed, limitStates }: ExploreOptions,
  { system, invariants, fairEnd, wording, reached: early }: Exploration,
  { part, parts, shared }: SearchPart,
  onProgress: (counts: ProgressCounts) => void,
): PartOutcome {
  const reached = new Set<Value>(early);
  const states = shared === undefined ? new StateSet() : new SharedStateSet(shared.states);
  const common = { system, invariants, fairEnd, limitStates, reached, states, onProgress };
  const { counterexample, ...outcome } =
    search.kind === "exhaustive"
      ? new ExhaustiveSearch({ ...common, isReduced: true, turn: part, isShared: parts > 1 }).run()
      : new RandomSearch({
          ...common,
          ...search,
          seed,
          first: part,
          stride: parts,
          firstFound: shared?.firstFound,
        }).run();
  const steps = counterexample?.schedule.map((choice) => stepOf(choice, (one) => wording.event(one)));
  return { outcome, steps, reached: [...reached] };
}
