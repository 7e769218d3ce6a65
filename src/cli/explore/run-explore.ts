/** `mosaic explore`: searches the states that programs can reach for violations of invariants, and tells a short way to the first one. */
import type { Value } from "../../../runtime/plan/values/value.ts";
import { ExhaustiveSearch } from "../../../lab/explorer/exhaustive-search.ts";
import { shorten } from "../../../lab/explorer/follow-schedule.ts";
import type { Counterexample, SearchOutcome } from "../../../lab/explorer/outcome.ts";
import { RandomSearch } from "../../../lab/explorer/random-search.ts";
import { UnexplorableError } from "../../../lab/explorer/system.ts";
import { runFailed } from "../terminal/failure.ts";
import type { Output } from "../terminal/output.ts";
import {
  type Exploration,
  type ExplorationOptions,
  prepareExploration,
  type PreparedExploration,
} from "./prepare-exploration.ts";
import { conclude, type ExplorationReport, showReport } from "./show-report.ts";
import { saveTrace, type Trace, traceOf } from "./trace-file.ts";

export interface ExploreOptions extends ExplorationOptions {
  /** How the states are searched. */
  readonly search:
    | { readonly kind: "exhaustive" }
    | { readonly kind: "random"; readonly schedules: number; readonly steps: number };
  /** Number of states after which the search gives up. */
  readonly limitStates: number;
  /** File for the counterexample. */
  readonly out: string;
  readonly json: boolean;
}

/** Explores, and prints the report. Throws `Failure` if there is a violation, a name is not reached, or the search gives up. */
export function runExplore(options: ExploreOptions, output: Output): void {
  try {
    explore(options, output);
  } catch (error: unknown) {
    if (error instanceof UnexplorableError) throw runFailed(error.message);
    throw error;
  }
}

function explore(options: ExploreOptions, output: Output): void {
  const prepared = prepareExploration(options, output);
  if (options.search.kind === "exhaustive") {
    for (const warning of prepared.unrepeatable)
      output.problem(`mosaic: ${warning}: states that differ in such values do not repeat, and the search may not end`);
  }
  const start = performance.now();
  const reached = new Set<Value>();
  const exploration = prepared.make(false);
  const outcome = search(options, exploration, reached);
  const seconds = (performance.now() - start) / 1000;
  const trace = outcome.counterexample && tell(outcome.counterexample, exploration, prepared, options);
  const missing = prepared.names.filter((name) => !reached.has(name));
  const report: ExplorationReport = { options, outcome, seconds, trace, names: prepared.names, missing };
  if (trace !== undefined) saveTrace(options.out, trace);
  showReport(report, output);
  conclude(report);
}

function search(
  { search: kind, seed, limitStates }: ExploreOptions,
  { system, invariants, fairEnd }: Exploration,
  reached: Set<Value>,
): SearchOutcome {
  const common = { system, invariants, fairEnd, limitStates, reached };
  if (kind.kind === "exhaustive") return new ExhaustiveSearch({ ...common, isReduced: true }).run();
  return new RandomSearch({ ...common, seed, first: 0, schedules: kind.schedules, steps: kind.steps }).run();
}

/** Shortens a counterexample, and tells it step by step. */
function tell(
  found: Counterexample,
  { system, invariants, fairEnd, wording }: Exploration,
  prepared: PreparedExploration,
  options: ExploreOptions,
): Trace {
  system.undoTo(0);
  const textOf = wording.event.bind(wording);
  const short = shorten(found, { system, invariants, fairEnd, textOf });
  return traceOf(short, prepared.make(true), options);
}
