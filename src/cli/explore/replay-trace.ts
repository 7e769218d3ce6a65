/** `mosaic sim --replay FILE`: runs the steps of a counterexample of `mosaic explore` again, and tells them. */
import { resolve } from "node:path";
import type { Value } from "../../../runtime/plan/values/value.ts";
import { type Finding, inspect } from "../../../lab/explorer/outcome.ts";
import { loadPlugin } from "../options/plugin.ts";
import { runFailed, wrongUsage } from "../terminal/failure.ts";
import { jsonText } from "../terminal/json-text.ts";
import type { Output } from "../terminal/output.ts";
import { type Exploration, prepareExploration } from "./prepare-exploration.ts";
import { stepLines } from "./show-report.ts";
import { findingText, readTrace, tellSteps } from "./trace-file.ts";

export interface ReplayOptions {
  /** Files of `--plugin`. A plugin that the counterexample names is loaded only if it is one of them, since plugins run with all rights. */
  readonly plugins: readonly string[];
  readonly isJson: boolean;
}

/** Prints the steps and what is wrong after them. Throws `Failure` if nothing is wrong any more. */
export async function replayTrace(file: string, { plugins, isJson }: ReplayOptions, output: Output): Promise<void> {
  const { document, options } = readTrace(file);
  const allowed = new Set(plugins.map((plugin) => resolve(plugin)));
  const refused = options.plugins.find((plugin) => !allowed.has(resolve(plugin)));
  if (refused !== undefined)
    throw wrongUsage("--replay", `${file} names the plugin ${refused}; if you trust it, add --plugin ${refused}`);
  for (const plugin of options.plugins) await loadPlugin(plugin);
  const exploration = await prepareExploration(options, output).make(true, options.after);
  const steps = tellSteps(document, exploration);
  const finding = findingOf(exploration);
  const text = finding && findingText(finding);
  if (isJson) output.result(jsonText({ steps, violation: text ?? null }));
  else for (const [at, step] of steps.entries()) for (const line of stepLines(step, at + 1)) output.result(line);
  if (text === undefined) throw runFailed(`the steps no longer lead to: ${document.finding}`);
  if (!isJson) output.result(text);
}

function findingOf({ system, invariants, fairEnd }: Exploration): Finding | undefined {
  return inspect(system, invariants, new Set<Value>()) ?? fairEnd.check()?.finding;
}
