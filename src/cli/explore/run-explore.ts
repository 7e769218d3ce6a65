/** `mosaic explore`: searches the states that programs can reach for violations of invariants, and tells a short way to the first one. */
import { repeat, shorten, type Step, stepOf } from "../../../lab/explorer/follow-schedule.ts";
import { drawOf } from "../../../lab/explorer/random-search.ts";
import { UnexplorableError } from "../../../lab/explorer/unexplorable-error.ts";
import { runFailed } from "../terminal/failure.ts";
import type { Output } from "../terminal/output.ts";
import {
  type Exploration,
  type ExplorationOptions,
  prepareExploration,
  type PreparedExploration,
} from "./prepare-exploration.ts";
import { SearchProgress } from "./search-progress.ts";
import { searchInParts } from "./search-in-parts.ts";
import { type PartOutcome, searchPart } from "./search-part.ts";
import { conclude, type ExplorationReport, showReport } from "./show-report.ts";
import { saveTrace, type Trace, traceOf } from "./trace-file.ts";

export interface ExploreOptions extends ExplorationOptions {
  /** How the states are searched. */
  readonly search:
    | { readonly kind: "exhaustive" }
    | { readonly kind: "random"; readonly schedules: number; readonly steps: number };
  /** Number of threads. */
  readonly jobs: number;
  /** Number of states after which the search gives up. */
  readonly limitStates: number;
  /** File for the counterexample. */
  readonly out: string;
  readonly json: boolean;
}

/** The actions that lead to a violation, and the number of the random numbers that the nodes draw. */
interface DrawnSteps {
  readonly steps: readonly Step[];
  readonly draw: number;
}

/** Explores, and prints the report. Throws `Failure` if there is a violation, a name is not reached, or the search gives up. */
export async function runExplore(options: ExploreOptions, output: Output): Promise<void> {
  try {
    await explore(options, output);
  } catch (error: unknown) {
    if (error instanceof UnexplorableError) throw runFailed(error.message);
    throw error;
  }
}

async function explore(options: ExploreOptions, output: Output): Promise<void> {
  const prepared = prepareExploration(options, output);
  if (options.search.kind === "exhaustive") {
    for (const warning of prepared.unrepeatable)
      output.problem(`mosaic: ${warning}: states that differ in such values do not repeat, and the search may not end`);
  }
  const start = performance.now();
  const exploration = await prepared.make(false, options.after);
  const progress = new SearchProgress(process.stderr);
  const { outcome, steps, reached } = await search(options, exploration, progress).finally(() => progress.finish());
  const seconds = (performance.now() - start) / 1000;
  const trace = steps && (await tell({ steps, draw: drawOf(outcome.foundAt) }, exploration, prepared, options));
  const missing = prepared.names.filter((name) => !reached.includes(name));
  const report: ExplorationReport = { options, outcome, seconds, trace, names: prepared.names, missing };
  showReport(report, output);
  if (trace !== undefined) saveTrace(options.out, trace);
  conclude(report);
}

/** Searches, unless something is wrong before the search begins. */
async function search(
  options: ExploreOptions,
  exploration: Exploration,
  progress: SearchProgress,
): Promise<PartOutcome> {
  const { early, wording, reached } = exploration;
  if (early === undefined) {
    const part = { part: 0, parts: 1, shared: undefined };
    const show = progress.show.bind(progress);
    return options.jobs > 1 ? searchInParts(options, options.jobs, show) : searchPart(options, exploration, part, show);
  }
  const { length } = early.schedule;
  const counts = { states: length + 1, actions: length, deepest: length, schedules: 0 };
  const steps = early.schedule.map((choice) => stepOf(choice, (one) => wording.event(one)));
  return {
    outcome: { result: "found", limit: undefined, ...counts, foundAt: undefined },
    steps,
    reached: [...reached],
  };
}

/** Shortens the way to a violation, and tells it step by step. A way to one before the search begins at the start of the nodes. */
async function tell(
  { steps, draw }: DrawnSteps,
  exploration: Exploration,
  prepared: PreparedExploration,
  given: ExploreOptions,
): Promise<Trace> {
  const options = exploration.early === undefined ? given : { ...given, after: 0 };
  const { system, invariants, fairEnd, wording } = options === given ? exploration : await prepared.make(false, 0);
  system.undoTo(0);
  const textOf = wording.event.bind(wording);
  const settings = { system, invariants, fairEnd, textOf, draw };
  const found = repeat(steps, settings, true);
  if (found === undefined) throw new Error("the actions do not lead to the violation again");
  return traceOf({ ...shorten(found, settings), draw }, await prepared.make(true, options.after), options);
}
