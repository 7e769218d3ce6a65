import { countOf } from "../../../runtime/plan/values/count-of.ts";
import { COUNTED_MAX } from "../../../lab/explorer/random-search.ts";
import type { SearchOutcome } from "../../../lab/explorer/outcome.ts";
import type { ToldStep } from "../../../lab/explorer/narrative.ts";
import { Failure, runFailed } from "../terminal/failure.ts";
import { jsonText } from "../terminal/json-text.ts";
import type { Output } from "../terminal/output.ts";
import type { ExploreOptions } from "./run-explore.ts";
import { findingText, type Trace } from "./trace-file.ts";

/** Result of an exploration. */
export interface ExplorationReport {
  readonly options: ExploreOptions;
  readonly outcome: Omit<SearchOutcome, "counterexample">;
  readonly seconds: number;
  readonly trace: Trace | undefined;
  /** The names that must be reachable, and those of them that no state reached. */
  readonly names: readonly string[];
  readonly missing: readonly string[];
}

export function showReport(report: ExplorationReport, output: Output): void {
  if (report.options.json) output.result(jsonText(reportJson(report)));
  else for (const line of reportLines(report)) output.result(line);
}

function reportLines({ options, outcome, seconds, trace, names, missing }: ExplorationReport): readonly string[] {
  const { result, limit, states, actions, deepest, schedules } = outcome;
  const done = options.search.kind === "exhaustive" ? "all states visited" : "all schedules run";
  const end = { complete: done, found: "violation found", limit: `gave up at the limit of ${limit}` }[result];
  const counted = [
    ...(schedules > 0 ? [countOf(schedules, "schedule")] : []),
    `${schedules > 0 && states >= COUNTED_MAX ? "more than " : ""}${countOf(states, "state")}`,
    countOf(actions, "action"),
    `depth ${deepest}`,
    `${seconds.toFixed(1)} s`,
  ];
  const reached = names.filter((name) => !missing.includes(name));
  return [
    `${counted.join(", ")}: ${end}`,
    ...(reached.length > 0 ? [`reached: ${reached.join(", ")}`] : []),
    ...(missing.length > 0 ? [`not reached: ${missing.join(", ")}`] : []),
    ...(trace === undefined ? [] : ["", ...traceLines(trace), "", `saved to ${options.out}`]),
  ];
}

/** The lines that tell a counterexample. */
function traceLines({ finding, steps }: Pick<Trace, "finding" | "steps">): readonly string[] {
  return [
    `${findingText(finding)}, after ${countOf(steps.length, "step")}:`,
    ...steps.flatMap((step, at) => stepLines(step, at + 1)),
  ];
}

export function stepLines({ time, node, event, rules, rows, sent }: ToldStep, number: number): readonly string[] {
  const by = rules.length === 0 ? "" : `  [${rules.join(" ")}]`;
  return [
    `${String(number).padStart(3)}  ${node} at ${Number(time.toFixed(3))} s: ${event}${by}`,
    ...rows.map((row) => `       ${row}`),
    ...sent.map((message) => `       sends ${message}`),
  ];
}

function reportJson({ options, outcome, seconds, trace, names, missing }: ExplorationReport): Record<string, unknown> {
  const { result, limit, states, actions, deepest, schedules } = outcome;
  return {
    files: options.files,
    ...(options.from !== undefined && { from: options.from }),
    invariant: options.invariant,
    nodes: options.nodes,
    search: options.search.kind,
    result,
    limit: limit ?? null,
    states,
    actions,
    depth: deepest,
    schedules,
    seconds,
    reachable: Object.fromEntries(names.map((name) => [name, !missing.includes(name)])),
    violation:
      trace === undefined ? null : { text: findingText(trace.finding), saved: options.out, steps: trace.steps },
  };
}

/** Throws `Failure` if there is a violation or a name is not reached (exit code 1), or the search gave up (3). */
export function conclude({ options, outcome, trace, missing }: ExplorationReport): void {
  if (trace !== undefined) throw runFailed(findingText(trace.finding));
  if (outcome.result === "limit") {
    const [states, depth] = [countOf(outcome.states, "state"), countOf(outcome.deepest, "action")];
    const hint = outcome.limit === "states" ? "; --limit-states raises the limit" : "";
    throw new Failure(3, `gave up at the limit of ${outcome.limit}, after ${states} and ways of up to ${depth}${hint}`);
  }
  if (missing.length > 0)
    throw runFailed(`no state reached ${missing.join(", ")}, so the search of ${options.invariant} proves nothing`);
}
