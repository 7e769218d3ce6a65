import { ChangeRecorder, Wording } from "../../../lab/explorer/narrative.ts";
import type { Budgets } from "../../../lab/explorer/choice.ts";
import { Invariants } from "../../../lab/explorer/invariants.ts";
import { FAIR_ACTIONS_MAX, runFairly } from "../../../lab/explorer/fair-run.ts";
import { FairEnd } from "../../../lab/explorer/settle.ts";
import { System, type SystemSettings } from "../../../lab/explorer/system.ts";
import type { Counterexample } from "../../../lab/explorer/outcome.ts";
import type { Value } from "../../../runtime/plan/values/value.ts";
import type { Fact } from "../../../runtime/node/peer-facts.ts";
import { loadProgram, type Program } from "../../../runtime/node/program.ts";
import type { Plan } from "../../../runtime/plan/contract/plan.ts";
import { replaceStandardInput } from "../files/file-library.ts";
import { loadFacts } from "../files/load-facts.ts";
import type { LanguageOptions } from "../options/language-options.ts";
import { compileForRun, programFailure } from "../run/compile-for-run.ts";
import { runFailed } from "../terminal/failure.ts";
import type { Output } from "../terminal/output.ts";
import { showDiagnostics } from "../terminal/show-diagnostics.ts";
import { checkExplorable, unrepeatableRules } from "./check-explorable.ts";
import { compileInvariants } from "./compile-invariants.ts";
import { loadScenario, simulateUntil } from "./from-simulation.ts";

/** What is explored: programs, invariants, nodes, and what may happen. */
export interface ExplorationOptions extends LanguageOptions {
  /** Empty if the nodes come from a simulation. */
  readonly files: readonly string[];
  /** Topology file of the simulation that runs for `after` seconds; undefined if all nodes start anew. */
  readonly from?: string | undefined;
  readonly facts: readonly string[];
  readonly factDirectories: readonly string[];
  readonly invariant: string;
  /** Files of `--plugin`, which are loaded already. */
  readonly plugins: readonly string[];
  /** Text of the standard input, if a file is `-`. */
  readonly standardInput: string | undefined;
  /** Number of nodes that are up at the start. */
  readonly nodes: number;
  readonly budgets: Budgets;
  readonly isFifo: boolean;
  readonly isPerfect: boolean;
  readonly isExact: boolean;
  readonly seed: number;
  /** Seconds of a fair run, or of the simulation, before the search begins. */
  readonly after: number;
  /** Seconds within which `goal()` must come to hold after the last fault. */
  readonly settle: number;
}

/** A system in its initial state, with its invariants. */
export interface Exploration {
  readonly system: System;
  readonly invariants: Invariants;
  readonly fairEnd: FairEnd;
  readonly recorder: ChangeRecorder;
  readonly wording: Wording;
  /** Names of `reachable` that held before the search begins. */
  readonly reached: ReadonlySet<Value>;
  /** What is wrong before the search begins, with the actions from the start of the nodes. */
  readonly early: Counterexample | undefined;
}

export interface PreparedExploration {
  /** Warnings about rules by which states do not repeat. */
  readonly unrepeatable: readonly string[];
  /** The names that must be reachable. */
  readonly names: readonly string[];
  readonly addresses: readonly string[];
  /** Makes a system after a fair run of `after` seconds. `watchesAll`: the recorder gets the changes of all tables. */
  readonly make: (watchesAll: boolean, after: number) => Promise<Exploration>;
  /** Does the same where no simulation is taken over. */
  readonly makeAtOnce: (watchesAll: boolean, after: number) => Exploration;
}

/** Programs whose nodes are explored, and how these come to their initial state. */
interface Explored {
  readonly plan: Plan;
  readonly hiddenColumns: ReadonlyMap<string, number>;
  readonly addresses: readonly string[];
  /** What a system needs, after a simulation of `after` seconds if the nodes come from one. */
  readonly begin: (after: number) => Start | Promise<Start>;
}

type Start = Pick<SystemSettings, "program" | "programs" | "factsOf" | "standing">;

/** Compiles programs and invariants. Prints what is wrong with them, and throws `Failure`. */
export function prepareExploration(options: ExplorationOptions, output: Output): PreparedExploration {
  replaceStandardInput(options.standardInput);
  const { from } = options;
  const { plan, hiddenColumns, addresses, begin } =
    from === undefined ? compiledPrograms(options, output) : scenarioOf(from, output);
  const { budgets, isFifo, isPerfect, isExact, seed, settle } = options;
  const compiled = compileInvariants(options.invariant, { plan, hiddenColumns }, options, output);
  const makeFrom = (start: Start, watchesAll: boolean, after: number): Exploration => {
    const invariants = new Invariants({ program: compiled.program, plan, addresses, hidden: hiddenColumns });
    const recorder = new ChangeRecorder(invariants);
    const watched = watchesAll ? new Set(plan.predicates.map(({ id }) => id)) : invariants.watched;
    const observer = watchesAll ? recorder : invariants;
    const common = { addresses, budgets, isFifo, isPerfect, isExact, seed, watched, observer };
    const system = new System({ ...common, ...start });
    system.start();
    const reached = new Set<Value>();
    const isFairly = from === undefined && after > 0;
    const early = isFairly ? runUntil(after, { system, invariants, reached }) : undefined;
    const fairEnd = new FairEnd(system, invariants, settle);
    const wording = new Wording(plan, addresses, hiddenColumns);
    return { system, invariants, fairEnd, recorder, wording, reached, early };
  };
  return {
    unrepeatable: unrepeatableRules(plan),
    names: compiled.names,
    addresses,
    make: async (watchesAll, after) => makeFrom(await begin(after), watchesAll, after),
    makeAtOnce: (watchesAll, after) => {
      const start = begin(after);
      if (start instanceof Promise) throw new Error("a simulation takes its time");
      return makeFrom(start, watchesAll, after);
    },
  };
}

function compiledPrograms(options: ExplorationOptions, output: Output): Explored {
  const compilation = compileForRun({ ...options, hasTun: false });
  const { plan, diagnostics, sources, hiddenColumns } = compilation;
  if (diagnostics.length > 0) output.problem(showDiagnostics(diagnostics, sources, output.hasColour));
  if (plan === undefined) throw programFailure(diagnostics);
  const nodes = options.nodes + options.budgets.joins;
  checkExplorable(plan, nodes);
  const facts: readonly Fact[] = loadFacts(options.factDirectories, plan, output);
  const begun = { program: loadProgram(plan), factsOf: (): readonly Fact[] => facts };
  return { plan, hiddenColumns, addresses: addressesOf(nodes), begin: () => begun };
}

function scenarioOf(file: string, output: Output): Explored {
  const scenario = loadScenario(file, output);
  const { plan, hiddenColumns, addresses, programs } = scenario;
  checkExplorable(plan, addresses.length);
  const program = programs[0] as Program;
  return {
    plan,
    hiddenColumns,
    addresses,
    begin: async (after) => ({ program, programs, ...(await simulateUntil(after, scenario)) }),
  };
}

/** Runs the nodes for `after` seconds without faults. Returns what is wrong on the way, if anything. */
function runUntil(
  after: number,
  { system, invariants, reached }: { system: System; invariants: Invariants; reached: Set<Value> },
): Counterexample | undefined {
  const { schedule, finding, isEndless } = runFairly(system, invariants, { seconds: after, reached });
  if (isEndless) throw runFailed(`--after: ${after} s take more than ${FAIR_ACTIONS_MAX} actions`);
  return finding && { finding, schedule };
}

/** The addresses of the explored nodes: `10.0.0.1:10000`, `10.0.0.2:10000`, .. */
function addressesOf(nodes: number): readonly string[] {
  return Array.from({ length: nodes }, (_, at) => {
    const number = at + 1;
    return `10.${Math.floor(number / 65536)}.${Math.floor(number / 256) % 256}.${number % 256}:10000`;
  });
}
