import { type CheckResult, checkLines } from "../../../lab/outcome/evaluate-check.ts";
import type { QueryAnswer } from "../../../lab/outcome/query-answer.ts";
import { makeFolder } from "../../../lab/outcome/make-folder.ts";
import { problemLines, routeLines, type RunSummary, summarize, summaryLines } from "../../../lab/outcome/report.ts";
import { ResultFiles } from "../../../lab/outcome/result-files.ts";
import { detailsOf, detailTables } from "../../../lab/outcome/run-details.ts";
import type { RunRecord } from "../../../lab/outcome/run-record.ts";
import { describeAction } from "../../../lab/outcome/timeline-events.ts";
import type { Topology } from "../../../lab/topology/topology.ts";
import { runFailed, wrongUsage } from "../terminal/failure.ts";
import { jsonText } from "../terminal/json-text.ts";
import type { Output } from "../terminal/output.ts";
import type { PlotWriter } from "./plots.ts";

export interface ConclusionOptions {
  /** Folder for logs and results. */
  readonly out: string | undefined;
  /** Folder for plots. */
  readonly plot?: string | undefined;
  readonly json: boolean;
  /** Whether the command fails if a check fails. */
  readonly check: boolean;
}

/** A topology after its run. */
export interface FinishedRun {
  readonly topology: Topology;
  readonly record: RunRecord;
  readonly results: ResultFiles | undefined;
  readonly plots: PlotWriter | undefined;
  readonly backend: "kernel" | "simulator" | "user namespace";
}

/** Opens the folder of `--out`, if there is one. */
export function openResults({ out }: ConclusionOptions): ResultFiles | undefined {
  if (out === undefined) return undefined;
  const problem = makeFolder(out);
  if (problem !== undefined) throw wrongUsage("--out", problem);
  return new ResultFiles(out, jsonText);
}

/** Prints the summary of a run, as text or as one object, and writes it to the results. `more` are fields of this kind of run only. */
export async function conclude(
  { topology, record, results, plots, backend }: FinishedRun,
  { json, check }: ConclusionOptions,
  output: Output,
  more: object = {},
): Promise<void> {
  record.takeSnapshot(topology.duration);
  const summary = summarize(topology, record);
  const { checks } = record;
  const result = { ...summary, checks: checks.map(jsonCheck), seed: topology.seed, backend, ...more };
  if (results !== undefined) {
    const details = detailsOf(topology, record);
    await results.finish({ ...result, ...details }, detailTables(details));
  }
  if (json) output.result(jsonText(result));
  else for (const line of conclusionLines(summary, topology, record)) output.result(line);
  plots?.(topology, record);
  if (results?.failure !== undefined) throw runFailed(`--out: ${results.failure}`);
  const failed = checks.filter(({ holds }) => holds === false).length;
  if (check && failed > 0) throw runFailed(failed === 1 ? "1 check failed" : `${failed} checks failed`);
}

/** A check as JSON; `holds` is null if this kind of run cannot evaluate the check. */
function jsonCheck({ at: t, expectation, holds, observed, traffic, failed, answers }: CheckResult): object {
  const result = { t, expectation, holds: holds ?? null, observed, traffic, failed };
  return answers === undefined ? result : { ...result, answers: answers.map(jsonAnswer) };
}

/** The answer of a host as JSON; `rows` is null if it has not answered. */
function jsonAnswer({ host, rows, problem }: QueryAnswer): object {
  return { host, rows: rows ?? null, ...(problem !== undefined && { problem }) };
}

function conclusionLines(summary: RunSummary, topology: Topology, record: RunRecord): readonly string[] {
  const actions = record.actions.map((action) => `  ${action.at.toFixed(1)} s  ${describeAction(action)}`);
  const routes = routeLines(record);
  const title = `Routing table of ${topology.traffic[0]?.from ?? ""}`;
  return [
    ...summaryLines(summary),
    ...(summary.traffic.some(({ kind }) => kind === "ping") ? [] : actions),
    ...(record.checks.length === 0 ? [] : ["", "Checks", ...checkLines(record.checks)]),
    ...(summary.problems.length === 0 ? [] : ["", "Problems", ...problemLines(summary)]),
    ...(routes.length < 2 ? [] : ["", title, ...routes.map((line) => `  ${line}`)]),
  ];
}
