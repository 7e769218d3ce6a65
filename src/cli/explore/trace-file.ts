/** The file of a counterexample: what was explored, and the steps, so that `mosaic sim --replay` runs them again. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import * as z from "zod";
import { findChoice, type Step, stepOf } from "../../../lab/explorer/follow-schedule.ts";
import { violationText } from "../../../lab/explorer/invariants.ts";
import { type ToldStep, tellStep } from "../../../lab/explorer/narrative.ts";
import type { Counterexample, Finding } from "../../../lab/explorer/outcome.ts";
import { runFailed, wrongUsage } from "../terminal/failure.ts";
import type { Budgets } from "../../../lab/explorer/choice.ts";
import { fileErrorReason } from "../terminal/file-error.ts";
import type { Exploration, ExplorationOptions } from "./prepare-exploration.ts";

const FORMAT = "mosaic counterexample 1";

/** Largest count of the command line. */
const COUNT_MAX = 2 ** 31 - 1;
const NODES_MAX = 65_535;

const count = z.number().int().nonnegative();
const budget = count.max(COUNT_MAX);
const seconds = z.number().nonnegative().max(COUNT_MAX);
const documentSchema: z.ZodType<TraceDocument> = z.object({
  format: z.literal(FORMAT),
  finding: z.string(),
  files: z.array(z.string()),
  from: z.string().optional(),
  facts: z.array(z.string()),
  factDirectories: z.array(z.string()),
  defines: z.array(z.tuple([z.string(), z.string()])),
  dialect: z.enum(["mozlog", "overlog", "overlog-flat"]).optional(),
  optimisations: z.object({ tailCalls: z.boolean(), inlineViews: z.boolean(), localShortcut: z.boolean() }).optional(),
  invariant: z.string(),
  nodes: z.number().int().positive().max(NODES_MAX),
  budgets: z.object({
    crashes: budget,
    restarts: budget,
    joins: budget,
    ticks: budget.nullable(),
    loss: budget,
    duplicates: budget,
  }),
  isFifo: z.boolean(),
  isPerfect: z.boolean(),
  isExact: z.boolean().default(false),
  plugins: z.array(z.string()).default([]),
  standardInput: z.string().optional(),
  limits: z
    .object({ source: z.number().positive(), rules: z.number().positive(), nesting: z.number().positive() })
    .optional(),
  draw: count.default(0),
  seed: budget,
  settle: seconds,
  after: seconds,
  steps: z.array(
    z.object({
      kind: z.enum(["deliver", "lose", "duplicate", "drop", "tick", "crash", "restart", "join"]),
      node: count,
      key: z.number(),
      from: z.number().int().optional(),
      text: z.string().optional(),
      at: z.number().optional(),
    }),
  ),
});

/** Content of the file. A path that begins with a dot is relative to the folder of the file; other names are shipped programs. */
interface TraceDocument {
  readonly format: typeof FORMAT;
  readonly finding: string;
  readonly files: readonly string[];
  readonly from?: string | undefined;
  readonly facts: readonly string[];
  readonly factDirectories: readonly string[];
  readonly defines: readonly (readonly [name: string, value: string])[];
  readonly dialect?: ExplorationOptions["dialect"];
  readonly optimisations?: ExplorationOptions["optimisations"] | undefined;
  readonly invariant: string;
  readonly nodes: number;
  readonly budgets: Record<Exclude<keyof Budgets, "ticks">, number> & { readonly ticks: number | null };
  readonly isFifo: boolean;
  readonly isPerfect: boolean;
  readonly isExact: boolean;
  readonly plugins: readonly string[];
  readonly standardInput?: string | undefined;
  readonly limits?: ExplorationOptions["limits"];
  /** Number of the random numbers that the nodes draw. */
  readonly draw: number;
  readonly seed: number;
  readonly settle: number;
  readonly after: number;
  readonly steps: readonly Step[];
}

/** A counterexample, told. */
export interface Trace {
  readonly document: TraceDocument;
  readonly finding: Finding;
  readonly steps: readonly ToldStep[];
}

export function findingText(finding: Finding): string {
  return finding.kind === "violation" ? violationText(finding.values) : finding.reason;
}

/** Counterexample with the number of the random numbers that the nodes draw. */
export type DrawnCounterexample = Counterexample & { readonly draw: number };

/** Repeats a counterexample in a fresh exploration, which watches all tables, and tells it. */
export function traceOf(
  { finding, schedule, draw }: DrawnCounterexample,
  exploration: Exploration,
  options: SavedOptions,
): Trace {
  const textOf = exploration.wording.event.bind(exploration.wording);
  const steps = schedule.map((choice) => stepOf(choice, textOf));
  const document = documentOf({ finding: findingText(finding), steps, draw }, options);
  return { document, finding, steps: tellSteps(document, exploration) };
}

/** Takes the steps, and tells them. Throws `Failure` at a step that is not possible. */
export function tellSteps(
  { steps, draw }: Pick<TraceDocument, "steps" | "draw">,
  { system, recorder, wording }: Exploration,
): readonly ToldStep[] {
  system.drawFrom(draw);
  const textOf = wording.event.bind(wording);
  return steps.map((step, at) => {
    const choice = findChoice(step, system, textOf);
    if (choice === undefined)
      throw runFailed(`step ${at + 1} is not possible: ${step.text ?? step.kind}; the programs have changed`);
    return tellStep(choice, system, recorder, wording);
  });
}

/** Options of an exploration, and the file for the counterexample. */
export type SavedOptions = ExplorationOptions & { readonly out: string };

function documentOf(
  found: Pick<TraceDocument, "finding" | "steps" | "draw">,
  { out, ...options }: SavedOptions,
): TraceDocument {
  const { files, from, facts, factDirectories, defines, dialect, optimisations, limits, invariant, nodes, budgets } =
    options;
  const { isFifo, isPerfect, isExact, plugins, standardInput, seed, settle, after } = options;
  const saved = (path: string): string => savedPath(path, out);
  return {
    format: FORMAT,
    finding: found.finding,
    files: files.map(saved),
    from: from === undefined ? undefined : saved(from),
    facts: [...facts],
    factDirectories: factDirectories.map(saved),
    defines: [...defines],
    dialect,
    optimisations,
    limits,
    plugins: plugins.map(saved),
    standardInput,
    invariant: saved(invariant),
    nodes,
    budgets: { ...budgets, ticks: budgets.ticks === Infinity ? null : budgets.ticks },
    isFifo,
    isPerfect,
    isExact,
    seed,
    settle,
    after,
    draw: found.draw,
    steps: found.steps.map((step) => ({ ...step })),
  };
}

/** Returns the path of a file from the folder of `out`, beginning with a dot. A shipped program keeps its name, and so does `-`. */
function savedPath(path: string, out: string): string {
  if (!existsSync(path)) return path;
  const from = relative(dirname(resolve(out)), resolve(path));
  return from.startsWith(".") || isAbsolute(from) ? from : `./${from}`;
}

/** Returns the path that `savedPath` has saved in `file`. */
function readPath(path: string, file: string): string {
  return path.startsWith(".") ? join(dirname(file), path) : path;
}

/** Writes the counterexample to a file. Throws `Failure` if that is not possible. */
export function saveTrace(file: string, { document }: Trace): void {
  try {
    writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
  } catch (error: unknown) {
    throw runFailed(`--out: ${file}: ${fileErrorReason(error)}`);
  }
}

/** Reads the file of a counterexample. Throws `Failure` if it cannot be read. */
export function readTrace(file: string): { readonly document: TraceDocument; readonly options: ExplorationOptions } {
  const parsed = documentSchema.safeParse(contentOf(file));
  if (!parsed.success) throw wrongUsage("--replay", `${file} is not a counterexample of \`mosaic explore\``);
  const { defines, budgets, dialect, optimisations, files, from, factDirectories, plugins, invariant, ...rest } =
    parsed.data;
  const found = (path: string): string => readPath(path, file);
  const options = {
    ...rest,
    files: files.map(found),
    from: from === undefined ? undefined : found(from),
    factDirectories: factDirectories.map(found),
    plugins: plugins.map(found),
    invariant: found(invariant),
    standardInput: rest.standardInput,
    defines: new Map(defines),
    dialect,
    ...(optimisations !== undefined && { optimisations }),
    budgets: { ...budgets, ticks: budgets.ticks ?? Infinity },
  };
  return { document: parsed.data, options };
}

function contentOf(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error: unknown) {
    throw wrongUsage("--replay", `${file}: ${fileErrorReason(error)}`);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
