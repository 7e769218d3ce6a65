/** The file of a counterexample: what was explored, and the steps, so that `mosaic sim --replay` runs them again. */
import { readFileSync, writeFileSync } from "node:fs";
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

const budget = z.number().nonnegative();
const documentSchema: z.ZodType<TraceDocument> = z.object({
  format: z.literal(FORMAT),
  finding: z.string(),
  files: z.array(z.string()),
  facts: z.array(z.string()),
  factDirectories: z.array(z.string()),
  defines: z.array(z.tuple([z.string(), z.string()])),
  dialect: z.enum(["mozlog", "overlog", "overlog-flat"]).optional(),
  optimisations: z.object({ tailCalls: z.boolean(), inlineViews: z.boolean(), localShortcut: z.boolean() }).optional(),
  invariant: z.string(),
  nodes: z.number().int().positive(),
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
  seed: z.number(),
  settle: z.number(),
  after: z.number(),
  steps: z.array(
    z.object({
      kind: z.enum(["deliver", "lose", "duplicate", "drop", "tick", "crash", "restart", "join"]),
      node: z.number().int().nonnegative(),
      key: z.number(),
      from: z.number().int().optional(),
      text: z.string().optional(),
      at: z.number().optional(),
    }),
  ),
});

/** Content of the file. */
interface TraceDocument {
  readonly format: typeof FORMAT;
  readonly finding: string;
  readonly files: readonly string[];
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

/** Repeats a counterexample in a fresh exploration, which watches all tables, and tells it. */
export function traceOf(
  { finding, schedule }: Counterexample,
  exploration: Exploration,
  options: ExplorationOptions,
): Trace {
  const textOf = exploration.wording.event.bind(exploration.wording);
  const steps = schedule.map((choice) => stepOf(choice, textOf));
  return { document: documentOf(finding, steps, options), finding, steps: tellSteps(steps, exploration) };
}

/** Takes the steps, and tells them. Throws `Failure` at a step that is not possible. */
export function tellSteps(steps: readonly Step[], { system, recorder, wording }: Exploration): readonly ToldStep[] {
  const textOf = wording.event.bind(wording);
  return steps.map((step, at) => {
    const choice = findChoice(step, system, textOf);
    if (choice === undefined)
      throw runFailed(`step ${at + 1} is not possible: ${step.text ?? step.kind}; the programs have changed`);
    return tellStep(choice, system, recorder, wording);
  });
}

function documentOf(finding: Finding, steps: readonly Step[], options: ExplorationOptions): TraceDocument {
  const { files, facts, factDirectories, defines, dialect, optimisations, invariant, nodes, budgets } = options;
  const { isFifo, isPerfect, seed, settle, after } = options;
  return {
    format: FORMAT,
    finding: findingText(finding),
    files: [...files],
    facts: [...facts],
    factDirectories: [...factDirectories],
    defines: [...defines],
    dialect,
    optimisations,
    invariant,
    nodes,
    budgets: { ...budgets, ticks: budgets.ticks === Infinity ? null : budgets.ticks },
    isFifo,
    isPerfect,
    seed,
    settle,
    after,
    steps: steps.map((step) => ({ ...step })),
  };
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
  const { defines, budgets, dialect, optimisations, ...rest } = parsed.data;
  const options = {
    ...rest,
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
