import { getHeapStatistics } from "node:v8";
import { LinuxClock } from "../../../runtime/device/linux-clock.ts";
import type { Limits } from "../../../runtime/engine/limits.ts";
import { Node } from "../../../runtime/node/node.ts";
import { loadProgram } from "../../../runtime/node/program.ts";
import type { Plan } from "../../../runtime/plan/contract/plan.ts";
import type { PredicateSpec } from "../../../runtime/plan/values/predicate-spec.ts";
import { compareValues, type Values } from "../../../runtime/plan/values/value.ts";
import { IsolatedWorld } from "../../../runtime/world/isolated-world.ts";
import { nearest } from "../../program/nearest.ts";
import { loadFacts } from "../files/load-facts.ts";
import type { GivenFact } from "../files/fact-files.ts";
import { runFailed, wrongUsage } from "../terminal/failure.ts";
import { dropSummary } from "./drop-summary.ts";
import type { Output } from "../terminal/output.ts";
import { compileForRun, programFailure, type ProgramOptions } from "./compile-for-run.ts";
import { countTable, printTable, type TableForm } from "../terminal/print-table.ts";
import { showDiagnostics } from "../terminal/show-diagnostics.ts";

export interface EvalOptions extends Omit<ProgramOptions, "hasTun" | "ignoresPlaces"> {
  /** Directories of `P.facts` and `P.csv`. */
  readonly factDirectories: readonly string[];
  /** Tables to print; none: how many rows each has. */
  readonly print: readonly string[];
  readonly form: TableForm;
  /** MiB that the tables may take. */
  readonly memory: number | undefined;
}

const ADDRESS = "localhost:10000";
const SEED = 1;
const MEBIBYTE = 2 ** 20;

/** MiB, when nothing else is said: some millions of rows. */
const DEFAULT_MEMORY = 1024;

/** What of the memory that Node has may be full of rows: the rest is for making more. */
const MEMORY_SHARE = 0.75;

/** Rules that change tables to and fro take no memory, but never end. */
const MAX_ROUNDS = 10_000_000;

/** `mosaic eval`: the rules on one node until nothing is left to do, without network and without time. */
export function evaluate(options: EvalOptions, output: Output): void {
  const compilation = compileForRun({ ...options, hasTun: false, ignoresPlaces: true });
  const { plan, diagnostics, sources } = compilation;
  if (diagnostics.length > 0) output.problem(showDiagnostics(diagnostics, sources, output.hasColour));
  if (plan === undefined) throw programFailure(diagnostics);
  checkTables(options.print, plan);
  const facts = loadFacts(options.factDirectories, plan, output);
  const node = runToFixpoint(plan, facts, memoryLimit(options.memory), output);
  const tables = plan.predicates.filter((spec) => spec.table !== undefined && isOfProgram(spec));
  const isCount = options.print.length === 0 || options.form.kind === "count";
  const names = options.print.length === 0 ? tables.map(({ name }) => name) : options.print;
  for (const name of names) {
    const rows = node.rows(name) ?? [];
    if (isCount) countTable(name, rows.length, options.form, options.print.length === 1, output);
    else printTable(name, sorted(rows), options.form, output);
  }
}

/** A node that has nothing left to do. */
function runToFixpoint(plan: Plan, facts: readonly GivenFact[], limits: Partial<Limits>, output: Output): Node {
  const world = new IsolatedWorld(ADDRESS, new LinuxClock().now(), SEED);
  let failure: string | undefined;
  const node = new Node(loadProgram(plan), world, {
    names: [ADDRESS],
    facts,
    watch: [],
    limits,
    onLimit: (limit, rule) => {
      failure ??= `rule ${rule}: ${REASONS[limit]}`;
    },
    onLog: (message) => output.problem(`mosaic: ${message}`),
  });
  node.start();
  world.clock.runPending();
  if (failure !== undefined) throw runFailed(failure);
  for (const line of dropSummary(node.counters, plan)) output.problem(`mosaic: ${line}`);
  return node;
}

const REASONS: Readonly<Record<keyof Limits, string>> = {
  memory: "what it derives has no end, or needs more than --memory MIB gives it",
  rounds: `what it does had no end after ${MAX_ROUNDS} rounds`,
  derivations: "it derives too much",
  queued: "too many tuples wait for their step",
  queuedBytes: "what waits for its step takes too much memory",
};

function memoryLimit(mebibytes: number = DEFAULT_MEMORY): Partial<Limits> {
  const limit = Math.min(getHeapStatistics().heap_size_limit * MEMORY_SHARE, mebibytes * MEBIBYTE);
  const isFull = (): boolean => getHeapStatistics().used_heap_size > limit;
  return { derivations: Infinity, rounds: MAX_ROUNDS, queued: Infinity, queuedBytes: Infinity, memory: isFull };
}

function checkTables(names: readonly string[], { predicates }: Plan): void {
  const tables = predicates.filter((spec) => spec.table !== undefined).map(({ name }) => name);
  for (const name of names) {
    if (tables.includes(name)) continue;
    const similar = nearest(name, tables);
    const hint = similar === undefined ? "" : `; did you mean ${similar}?`;
    throw wrongUsage("--print", `the program has no table \`${name}\`${hint}`);
  }
}

/** Not what the compiler or the engine added. */
function isOfProgram({ name, role }: PredicateSpec): boolean {
  return !name.includes("?") && role.kind !== "localAddr";
}

function sorted(rows: readonly Values[]): readonly Values[] {
  return rows.toSorted(compareValues);
}
