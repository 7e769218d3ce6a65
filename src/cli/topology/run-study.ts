/**
 * `mosaic sim --seeds N --vary NAME=a,b`: runs a topology once for each seed and each combination of values, on all processors, and
 * compares the runs. `study-worker.ts` does one run, `study-report.ts` prints and writes the comparison.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { pathOf, type Setting } from "../../../lab/topology/settings.ts";
import { runFailed, wrongUsage } from "../terminal/failure.ts";
import { interruptSignal } from "../terminal/interrupt.ts";
import type { Output } from "../terminal/output.ts";
import { type ConclusionOptions, openResults } from "./conclude-run.ts";
import { loadTopology } from "./load-topology.ts";
import { type Study, studyCsv, studyJson, studyLines, type StudyVariant } from "./study-report.ts";
import type { StudyResult, StudyTask } from "./study-worker.ts";
import { jsonText } from "../terminal/json-text.ts";

export interface StudyOptions extends ConclusionOptions {
  /** First seed, in place of the seed in the file. */
  readonly seed: number | undefined;
  /** Number of seeds. */
  readonly seeds: number;
  readonly vary: readonly Variation[];
  /** Settings of all runs. */
  readonly set: readonly Setting[];
}

/** The name and the values of a `--vary` option. */
export interface Variation {
  readonly name: string;
  readonly values: readonly string[];
}

const RUNS_MAX = 100_000;

/** Runs a study and prints its report. Fails if a run does not reach its end, and with `--check` if a check fails in a run. */
export async function runStudy(file: string, options: StudyOptions, output: Output): Promise<void> {
  const { seeds, vary, set, check, json } = options;
  const twice = vary.find(({ name }, at) => vary.some((other, index) => index < at && other.name === name));
  if (twice !== undefined) throw wrongUsage("--vary", `\`${twice.name}\` is varied twice`);
  const combinations = combine(vary);
  if (combinations.length * seeds > RUNS_MAX)
    throw wrongUsage("--vary", `${combinations.length * seeds} runs are more than ${RUNS_MAX}`);
  const seen = new Set<string>();
  const loaded = combinations.map((settings) => {
    const one = loadTopology(file, output, [...set, ...settings]);
    for (const warning of one.warnings) if (!seen.has(warning)) output.problem(warning);
    for (const warning of one.warnings) seen.add(warning);
    return { settings, ...one };
  });
  const results = openResults(options);
  const first = options.seed ?? loaded[0]?.topology.seed ?? 1;
  const tasks = loaded.flatMap(({ settings }, variant) =>
    Array.from({ length: seeds }, (_, at): StudyTask => {
      return { number: variant * seeds + at, file, settings: [...set, ...settings], seed: first + at };
    }),
  );
  const outcomes = await runAll(tasks);
  const variants = loaded.map(({ settings }, variant): StudyVariant => {
    const runs = outcomes.slice(variant * seeds, (variant + 1) * seeds);
    return { settings, runs: runs.map((run, at) => ({ seed: first + at, ...run })) };
  });
  const study: Study = { title: loaded[0]?.topology.title ?? file, file, vary, set, variants };
  await results?.finish(studyJson(study), studyCsv(study));
  if (json) output.result(jsonText(studyJson(study)));
  else for (const line of studyLines(study)) output.result(line);
  if (results?.failure !== undefined) throw runFailed(`--out: ${results.failure}`);
  conclude(outcomes, check);
}

function conclude(outcomes: readonly StudyResult[], isChecked: boolean): void {
  const broken = outcomes.filter(({ failure }) => failure !== undefined).length;
  if (broken > 0) throw runFailed(`${broken} of ${outcomes.length} runs did not reach their end`);
  const failed = outcomes.filter(({ failedChecks }) => failedChecks.length > 0).length;
  if (isChecked && failed > 0) throw runFailed(`checks failed in ${failed} of ${outcomes.length} runs`);
}

/** Returns all combinations of values, in the order in which the value of the last name changes fastest. */
function combine(vary: readonly Variation[]): readonly (readonly Setting[])[] {
  return vary.reduce<readonly (readonly Setting[])[]>(
    (all, { name, values }) => all.flatMap((before) => values.map((text) => [...before, { name, text }])),
    [[]],
  );
}

/** Runs all tasks on threads. The results are in the order of the tasks. */
async function runAll(tasks: readonly StudyTask[]): Promise<readonly StudyResult[]> {
  const signal = interruptSignal();
  const results: StudyResult[] = [];
  const waiting = [...tasks].reverse();
  const workers = Array.from(
    { length: Math.min(availableParallelism(), tasks.length) },
    () => new Worker(new URL("study-worker.ts", import.meta.url)),
  );
  const progress = new StudyProgress(tasks.length);
  try {
    await Promise.all(
      workers.map(
        (worker) =>
          new Promise<void>((resolve, reject) => {
            const next = (): void => {
              const task = waiting.pop();
              if (task === undefined) resolve();
              else worker.postMessage(task);
            };
            worker.on("error", reject);
            worker.on("message", (result: StudyResult) => {
              results[result.number] = result;
              progress.add();
              next();
            });
            signal.addEventListener("abort", () => reject(runFailed("interrupted")));
            next();
          }),
      ),
    );
  } finally {
    progress.finish();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return results;
}

/** Number of finished runs, on a terminal. */
class StudyProgress {
  readonly #count: number;
  readonly #isShown = process.stderr.isTTY === true;
  #done = 0;

  constructor(count: number) {
    this.#count = count;
  }

  add(): void {
    this.#done++;
    if (this.#isShown) process.stderr.write(`\r${this.#done} of ${this.#count} runs`);
  }

  finish(): void {
    if (this.#isShown) process.stderr.write("\r\u001b[2K");
  }
}

/** Parses `NAME=a,b,c` of `--vary`. A comma in quotes does not separate. */
export function parseVariation(text: string): Variation {
  const { name, text: list } = parseSetting(text, "--vary");
  const values = (list.match(/"[^"]*"|[^,]+/g) ?? []).map((one) => one.trim()).filter((one) => one !== "");
  if (values.length === 0) throw wrongUsage("--vary", `\`${text}\` has no values; expected NAME=a,b,c`);
  if (new Set(values).size < values.length) throw wrongUsage("--vary", `\`${text}\` has a value twice`);
  return { name, values };
}

/** Parses `NAME=VALUE` of `--set` and `--vary`. */
export function parseSetting(text: string, option: string): Setting {
  const equals = text.indexOf("=");
  const name = text.slice(0, Math.max(0, equals)).trim();
  if (name === "") throw wrongUsage(option, `\`${text}\` is not NAME=${option === "--vary" ? "a,b,c" : "VALUE"}`);
  if (name === "seed") throw wrongUsage(option, "the seed is varied by --seeds and set by --seed");
  if (pathOf(name) === undefined && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
    throw wrongUsage(option, `\`${name}\` is neither a key as \`links[1].delay\` nor the name of a macro`);
  return { name, text: text.slice(equals + 1) };
}
