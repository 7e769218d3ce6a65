import type { Figure, FigureUnit } from "../../../lab/outcome/figures.ts";
import { intervalRank, medianInterval } from "../../../lab/outcome/median-interval.ts";
import { csv } from "../../../lab/outcome/run-details.ts";
import { formatBytes } from "../../../lab/topology/byte-count.ts";
import { formatDuration } from "../../../lab/topology/duration.ts";
import { formatRate } from "../../../lab/topology/rate.ts";
import type { Setting } from "../../../lab/topology/settings.ts";
import { textColumns } from "../terminal/text-columns.ts";
import type { StudyResult } from "./study-worker.ts";

/** Runs of a topology with several seeds and settings. */
export interface Study {
  readonly title: string;
  readonly file: string;
  readonly vary: readonly { readonly name: string; readonly values: readonly string[] }[];
  /** Settings of all runs. */
  readonly set: readonly Setting[];
  readonly variants: readonly StudyVariant[];
}

/** Runs with equal settings. */
export interface StudyVariant {
  readonly settings: readonly Setting[];
  readonly runs: readonly StudyRun[];
}

export interface StudyRun extends StudyResult {
  readonly seed: number;
}

/** Values of one figure in all runs of a variant. */
interface FigureSeries extends Omit<Figure, "value"> {
  readonly values: readonly number[];
}

const FORMATS: Readonly<Record<FigureUnit, (value: number) => string>> = {
  share: (value) => `${(value * 100).toFixed(2)} %`,
  s: (value) => (Number.isFinite(value) ? formatDuration(value) : "never"),
  "bit/s": formatRate,
  segments: (value) => String(value),
  bytes: formatBytes,
};

/** Maximum number of failed runs that the text lists. `--json` lists all. */
const FAILURES_MAX = 20;

/** Formats a study for people. */
export function studyLines(study: Study): readonly string[] {
  const { title, variants } = study;
  const runs = variants.reduce((sum, variant) => sum + variant.runs.length, 0);
  const seeds = variants[0]?.runs.map(({ seed }) => seed) ?? [];
  const range = seeds.length === 1 ? `seed ${seeds[0]}` : `seeds ${seeds[0]} to ${seeds.at(-1)}`;
  return [
    `${title}: ${runs} runs: ${variants.length === 1 ? "" : `${variants.length} variants, `}${range}`,
    ...variants.flatMap(variantLines),
    "",
    intervalText(seeds.length),
    ...failureLines(study),
  ];
}

function variantLines({ settings, runs }: StudyVariant): readonly string[] {
  const rows = seriesOf(runs).map(({ traffic, name, unit, values }) => {
    const { median, low, high } = medianInterval(values);
    const format = FORMATS[unit];
    return [traffic === "" ? "all" : traffic, name, format(median), `${format(low)} to ${format(high)}`];
  });
  const failed = runs.filter(isFailed).length;
  const troubled = runs.filter(({ problems }) => problems > 0).length;
  return [
    "",
    ...(settings.length === 0 ? [] : [settingsText(settings)]),
    ...textColumns(["traffic", "figure", "median", "interval"], rows).map((line) => `  ${line}`),
    ...(failed === 0 ? [] : [`  ${failed} of ${runs.length} runs failed`]),
    ...(troubled === 0 ? [] : [`  in ${troubled} of ${runs.length} runs something failed in rules or was dropped`]),
  ];
}

/** Returns a line that explains the intervals of the report. */
function intervalText(count: number): string {
  const { coverage } = intervalRank(count);
  const share = `${(coverage * 100).toFixed(1)} %`;
  const method = "interval of the median by order statistics (binomial)";
  if (coverage < 0.95) return `interval: ${method}; ${count} runs are too few for 95 %, the whole range has ${share}`;
  return `interval: ${method} with a coverage of ${share}`;
}

function failureLines(study: Study): readonly string[] {
  const failures = failuresOf(study);
  if (failures.length === 0) return [];
  const lines = failures
    .slice(0, FAILURES_MAX)
    .flatMap(({ settings, seed, reasons, command }) => [
      `  ${[...settings.map(settingText), `seed ${seed}`].join(", ")}: ${reasons.join("; ")}`,
      `    ${command}`,
    ]);
  const more = failures.length - FAILURES_MAX;
  return ["", "Failed runs", ...lines, ...(more > 0 ? [`  and ${more} more`] : [])];
}

interface StudyFailure {
  readonly settings: readonly Setting[];
  readonly seed: number;
  readonly reasons: readonly string[];
  /** Command line that repeats the run. */
  readonly command: string;
}

function failuresOf({ file, set, variants }: Study): readonly StudyFailure[] {
  return variants.flatMap(({ settings, runs }) =>
    runs.filter(isFailed).map(({ seed, failedChecks, failure }) => ({
      settings,
      seed,
      reasons: [
        ...failedChecks.map(({ expectation, observed }) => `${expectation}: ${observed}`),
        ...(failure === undefined ? [] : [failure]),
      ],
      command: replayCommand(file, [...set, ...settings], seed),
    })),
  );
}

function replayCommand(file: string, settings: readonly Setting[], seed: number): string {
  const options = settings.map((setting) => ` --set ${shellWord(settingText(setting))}`).join("");
  return `mosaic sim ${shellWord(file)} --seed ${seed}${options}`;
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function isFailed({ failedChecks, failure }: StudyRun): boolean {
  return failedChecks.length > 0 || failure !== undefined;
}

function settingText({ name, text }: Setting): string {
  return `${name}=${text}`;
}

function settingsText(settings: readonly Setting[]): string {
  return settings.map(settingText).join(", ");
}

/** Returns the figures of the runs that reached their end. */
function seriesOf(runs: readonly StudyRun[]): readonly FigureSeries[] {
  const complete = runs.filter(({ failure }) => failure === undefined);
  const [first] = complete;
  return (first?.figures ?? []).map(({ traffic, name, unit }, at) => {
    const values = complete.map(({ figures }) => figures[at]?.value ?? Infinity);
    return { traffic, name, unit, values };
  });
}

/** Replaces infinity, a time that did not end, by null, because JSON has no infinity. */
function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

/** Returns a study as an object of docs/json.md. */
export function studyJson(study: Study): object {
  const { title, file, vary, set, variants } = study;
  const record = (settings: readonly Setting[]): object =>
    Object.fromEntries(settings.map(({ name, text }) => [name, text]));
  return {
    title,
    file,
    vary,
    set: record(set),
    interval: "order statistics",
    variants: variants.map(({ settings, runs }) => ({
      settings: record(settings),
      runs: runs.map(({ seed, traceHash, problems, failure, failedChecks }) => {
        return { seed, traceHash, problems, failedChecks: failedChecks.length, failure: failure ?? null };
      }),
      figures: seriesOf(runs).map(({ traffic, name, unit, values }) => {
        const { median, low, high, coverage } = medianInterval(values);
        const ends = { median: finite(median), low: finite(low), high: finite(high), coverage };
        return { traffic, name, unit, ...ends, values: values.map(finite) };
      }),
    })),
    failures: failuresOf(study).map(({ settings, ...failure }) => ({ settings: record(settings), ...failure })),
  };
}

/** Returns a study as CSV files by name: a row per run and figure, and a row per variant and figure. */
export function studyCsv({ vary, variants }: Study): ReadonlyMap<string, string> {
  const names = vary.map(({ name }) => name);
  const texts = (settings: readonly Setting[]): readonly string[] => settings.map(({ text }) => text);
  const runs = variants.flatMap(({ settings, runs: all }) =>
    all.flatMap(({ seed, figures }) =>
      figures.map(({ traffic, name, unit, value }) => [...texts(settings), seed, traffic, name, unit, finite(value)]),
    ),
  );
  const figures = variants.flatMap(({ settings, runs: all }) =>
    seriesOf(all).map(({ traffic, name, unit, values }) => {
      const { median, low, high, coverage } = medianInterval(values);
      const ends = [finite(median), finite(low), finite(high), coverage];
      return [...texts(settings), traffic, name, unit, values.length, ...ends];
    }),
  );
  return new Map([
    ["runs.csv", csv([...names, "seed", "traffic", "figure", "unit", "value"], runs)],
    ["figures.csv", csv([...names, "traffic", "figure", "unit", "runs", "median", "low", "high", "coverage"], figures)],
  ]);
}
