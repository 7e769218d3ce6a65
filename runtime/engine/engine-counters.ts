import type { Plan } from "../plan/contract/plan.ts";
import { strandName } from "./strand-name.ts";

/** Counters of one engine. The arrays hold a number per strand of the plan. */
export interface EngineCounters {
  steps: number;
  rounds: number;
  /** Steps that exceeded a limit and were undone. */
  stopped: number;
  /** Number of runs of the strand. */
  readonly fired: number[];
  /** Number of events, table changes, sends and derivations. */
  readonly derived: number[];
  /** Number of derivations that ended because an expression had no value or a value contradicted a signature. */
  readonly failed: number[];
  /** Number of tuples that were not sent because they exceed the send rate. */
  readonly limited: number[];
  /** Seconds spent in the strand, estimated from samples. */
  readonly seconds: number[];
}

export function newEngineCounters({ strands }: Plan): EngineCounters {
  const zeros = (): number[] => strands.map(() => 0);
  return {
    steps: 0,
    rounds: 0,
    stopped: 0,
    fired: zeros(),
    derived: zeros(),
    failed: zeros(),
    limited: zeros(),
    seconds: zeros(),
  };
}

/** Counters of a program that was replaced, with its plan. */
export interface PreviousCounters {
  readonly plan: Plan;
  readonly counters: EngineCounters;
}

/** Adds the counters of the previous program, so that the node's counters never decrease. Strands correspond by name. */
export function addEngineCounters(counters: EngineCounters, plan: Plan, previous: PreviousCounters): void {
  counters.steps += previous.counters.steps;
  counters.rounds += previous.counters.rounds;
  counters.stopped += previous.counters.stopped;
  const known = new Map(previous.plan.strands.map(({ id }) => [strandName(previous.plan, id), id]));
  for (const { id } of plan.strands) {
    const match = known.get(strandName(plan, id));
    if (match !== undefined) addStrandCounters(counters, id, previous.counters, match);
  }
}

function addStrandCounters(counters: EngineCounters, strand: number, previous: EngineCounters, match: number): void {
  for (const name of ["fired", "derived", "failed", "limited", "seconds"] as const) {
    (counters[name][strand] as number) += previous[name][match] ?? 0;
  }
}
