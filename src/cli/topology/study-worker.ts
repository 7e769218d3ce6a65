/** Main module of a thread of a study: runs a topology with given settings and seeds, one run per message. */
import { parentPort } from "node:worker_threads";
import { type Figure, figuresOf } from "../../../lab/outcome/figures.ts";
import type { CheckResult } from "../../../lab/outcome/evaluate-check.ts";
import { summarize } from "../../../lab/outcome/report.ts";
import { RunRecord } from "../../../lab/outcome/run-record.ts";
import { runSimulated } from "../../../lab/simulator/run-simulated.ts";
import type { Setting } from "../../../lab/topology/settings.ts";
import type { Output } from "../terminal/output.ts";
import { controlsOf } from "./host-control.ts";
import { instrument } from "./instruments.ts";
import { type LoadedTopology, loadTopology } from "./load-topology.ts";

/** A run for a thread: topology, settings and seed. */
export interface StudyTask {
  readonly number: number;
  readonly file: string;
  readonly settings: readonly Setting[];
  /** Seed of the run, in place of the seed in the file. */
  readonly seed: number;
}

/** Outcome of a run. */
export interface StudyResult {
  readonly number: number;
  readonly figures: readonly Figure[];
  readonly failedChecks: readonly CheckResult[];
  readonly problems: number;
  readonly traceHash: string;
  /** Reason for which the run did not reach its end; undefined if it did. */
  readonly failure: string | undefined;
}

/** Output of a thread. It prints nothing, because the main thread prints the report. */
const SILENT: Output = { hasColour: false, result: () => {}, data: () => {}, problem: () => {} };

const loaded = new Map<string, LoadedTopology>();

/** Loads a topology, whose errors the main thread has reported before. */
function load({ file, settings }: StudyTask): LoadedTopology {
  const key = JSON.stringify(settings);
  const known = loaded.get(key) ?? loadTopology(file, SILENT, settings);
  loaded.set(key, known);
  return known;
}

async function run(task: StudyTask): Promise<StudyResult> {
  const { topology: written, plans, secretsOf } = load(task);
  const topology = { ...written, seed: task.seed };
  const record = new RunRecord(topology);
  const nodes = { instrument, controlOf: controlsOf(secretsOf) };
  const outcome = await runSimulated(topology, { plans, secretsOf, observe: (one) => record.add(one), ...nodes });
  const summary = summarize(topology, record);
  const common = {
    number: task.number,
    failedChecks: record.checks.filter(({ holds }) => holds === false),
    problems: summary.problems.length,
  };
  if (!outcome.ok) return { ...common, figures: [], traceHash: "", failure: outcome.message };
  const figures = figuresOf(summary, outcome.network.deliveredBytes);
  return { ...common, figures, traceHash: outcome.traceHash, failure: undefined };
}

parentPort?.on("message", (task: StudyTask) => {
  void run(task).then((result) => parentPort?.postMessage(result));
});
