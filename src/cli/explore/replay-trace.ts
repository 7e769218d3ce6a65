/** `mosaic sim --replay FILE`: runs the steps of a counterexample of `mosaic explore` again, and tells them. */
import type { Value } from "../../../runtime/plan/values/value.ts";
import { type Finding, inspect } from "../../../lab/explorer/outcome.ts";
import { loadPlugin } from "../options/plugin.ts";
import { runFailed } from "../terminal/failure.ts";
import { jsonText } from "../terminal/json-text.ts";
import type { Output } from "../terminal/output.ts";
import { type Exploration, prepareExploration } from "./prepare-exploration.ts";
import { stepLines } from "./show-report.ts";
import { findingText, readTrace, tellSteps } from "./trace-file.ts";

/** Prints the steps and what is wrong after them. Throws `Failure` if nothing is wrong any more. */
export async function replayTrace(file: string, isJson: boolean, output: Output): Promise<void> {
  const { document, options } = readTrace(file);
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
