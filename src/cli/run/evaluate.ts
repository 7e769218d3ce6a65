import { getHeapStatistics } from "node:v8";
import { LinuxClock } from "../../../runtime/device/linux-clock.ts";
import { type LimitName, type Limits, stepLimits } from "../../../runtime/engine/limits/limits.ts";
import { Node } from "../../../runtime/node/node.ts";
import type { Fact } from "../../../runtime/node/peer-facts.ts";
import { loadProgram } from "../../../runtime/node/program.ts";
import { predicatesByHash, withKnownPackets } from "../../../runtime/plan/values/known-packets.ts";
import type { Plan } from "../../../runtime/plan/contract/plan.ts";
import type { PredicateSpec } from "../../../runtime/plan/values/predicate-spec.ts";
import { compareValues, type Values } from "../../../runtime/plan/values/value.ts";
import { IsolatedWorld } from "../../../runtime/world/isolated-world.ts";
import { unknownName } from "../../query/unknown-names.ts";
import { loadFacts } from "../files/load-facts.ts";
import { runFailed, wrongUsage } from "../terminal/failure.ts";
import type { Output } from "../terminal/output.ts";
import { countTable, printTable, type TableForm } from "../terminal/print-table.ts";
import { showDiagnostics } from "../terminal/show-diagnostics.ts";
import { compileForRun, programFailure, type ProgramOptions } from "./compile-for-run.ts";
import { dropSummary } from "./drop-summary.ts";

export interface EvalOptions extends Omit<ProgramOptions, "hasTun" | "ignoresPlaces"> {
  /** Directories of `P.facts` and `P.csv`. */
  readonly factDirectories: readonly string[];
  /** Tables to print. If empty, the number of rows of each table is printed. */
  readonly print: readonly string[];
  readonly form: TableForm;
  /** Memory for the tables in bytes. */
  readonly memory: number | undefined;
}

const ADDRESS = "localhost:10000";
const SEED = 1;
/** Memory for the tables in bytes without `--memory`: enough for some millions of rows. */
const DEFAULT_MEMORY = 2 ** 30;

/** Largest share of the heap that rows may take. The rest is for the evaluation. */
const MEMORY_SHARE = 0.75;

/** Share of the memory from which the limits of rules that may never end are computed: `computedRows` and `cycleBytes`. */
const STEP_SHARE = 0.5;

/** Maximum number of rounds. Stops rules that insert and delete the same rows for ever, since these need no more memory. */
const MAX_ROUNDS = 500_000;

/** `mosaic eval`: runs the rules on one node to the fixpoint, without network and without time, and prints tables. */
export function evaluate(options: EvalOptions, output: Output): void {
  const compilation = compileForRun({ ...options, hasTun: false, ignoresLocations: true });
  const { plan, diagnostics, sources } = compilation;
  if (diagnostics.length > 0) output.problem(showDiagnostics(diagnostics, sources, output.hasColour));
  if (plan === undefined) throw programFailure(diagnostics);
  checkTables(options.print, plan);
  const facts = loadFacts(options.factDirectories, plan, output);
  const node = runToFixpoint(plan, facts, memoryLimit(options.memory), output);
  const tables = plan.predicates.filter((spec) => spec.table !== undefined && isOfProgram(spec));
  const isCount = options.print.length === 0 || options.form.kind === "count";
  const names = options.print.length === 0 ? tables.map(({ name }) => name) : options.print;
  const predicateOf = predicatesByHash(plan.predicates);
  for (const name of names) {
    const rows = (node.rows(name) ?? []).map((row) => withKnownPackets(row, predicateOf));
    if (isCount) countTable(name, rows.length, options.form, options.print.length === 1, output);
    else printTable(name, sorted(rows), options.form, output);
  }
}

/** Returns a node whose rules have reached the fixpoint. */
function runToFixpoint(plan: Plan, facts: readonly Fact[], limits: Partial<Limits>, output: Output): Node {
  const world = new IsolatedWorld(ADDRESS, new LinuxClock().now(), SEED);
  let failure: string | undefined;
  const node = new Node(loadProgram(plan), world, {
    names: [ADDRESS],
    facts,
    watch: [],
    limits,
    sendRate: Infinity,
    onLimit: (limit, rule, most) => {
      failure ??= `rule ${rule}: ${most === undefined ? LIMIT_REASONS[limit] : tooManyRows(most)}`;
      // A step that exceeds a limit is not undone here, so no further step may run.
      void node.stop();
    },
    onLog: (message) => output.problem(`mosaic: ${message}`),
    onFailure: (message) => output.problem(`mosaic: ${message}`),
  });
  node.start();
  world.clock.runPending();
  if (failure !== undefined) throw runFailed(failure);
  for (const line of dropSummary(node.counters, plan)) output.problem(`mosaic: ${line}`);
  return node;
}

const LIMIT_REASONS: Readonly<Record<LimitName, string>> = {
  memory: "its derivations do not end, or need more memory than --memory MIB allows",
  stepMemory: "its derivations do not end",
  computedRows: "its derivations do not end: it computes new values from its own results",
  cycleBytes:
    "its derivations do not end, or need a greater --memory MIB: it computes new values from its own results, or sends them on for ever",
  rounds: `no fixpoint after ${MAX_ROUNDS} rounds`,
  derivations: "too many derivations",
  visits: "it visits too many rows",
  queued: "too many tuples wait for their step",
  queuedBytes: "the tuples that wait for their step take too much memory",
  key: "the values of a row are too long",
};

/** Text for a rule that exceeds the limit `computedRows`. */
function tooManyRows(most: number): string {
  return `its derivations do not end, or need a greater --memory MIB: it computed more than ${most} rows from its own results`;
}

function memoryLimit(bytes: number = DEFAULT_MEMORY): Partial<Limits> {
  const memory = Math.min(getHeapStatistics().heap_size_limit * MEMORY_SHARE, bytes);
  const unlimited = {
    derivations: Infinity,
    visits: Infinity,
    queued: Infinity,
    queuedBytes: Infinity,
    stepMemory: Infinity,
  };
  return { memory, ...stepLimits(memory * STEP_SHARE), ...unlimited, rounds: MAX_ROUNDS };
}

function checkTables(names: readonly string[], { predicates }: Plan): void {
  const tables = predicates.filter((spec) => spec.table !== undefined).map(({ name }) => name);
  for (const name of names) {
    if (tables.includes(name)) continue;
    const { nearest: similar } = unknownName(name, tables);
    const hint = similar === undefined ? "" : `; did you mean ${similar}?`;
    throw wrongUsage("--print", `the program has no table \`${name}\`${hint}`);
  }
}

/** Whether the predicate is of the program. The compiler and the engine add predicates of their own. */
function isOfProgram({ name, role }: PredicateSpec): boolean {
  return !name.includes("?") && role.kind !== "localAddr";
}

function sorted(rows: readonly Values[]): readonly Values[] {
  return rows.toSorted(compareValues);
}
