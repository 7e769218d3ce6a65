import { DURATION_FORMS, parseDuration } from "../../../lab/topology/duration.ts";
import type { CommandSpec, OptionSpec } from "../options/command-spec.ts";
import { LANGUAGE_OPTIONS, type LanguageInput, languageOf } from "../options/language-options.ts";
import { parseNodeCount } from "../options/nodes.ts";
import { FACT_OPTIONS, type FactInput, OPTIONAL_PROGRAM_FILES } from "../options/program-options.ts";
import { standardInputOf } from "../files/file-library.ts";
import { Failure, wrongUsage } from "../terminal/failure.ts";
import type { Output } from "../terminal/output.ts";

interface ExploreInput extends LanguageInput, FactInput {
  readonly files: readonly string[];
  readonly invariant?: string;
  readonly nodes?: number;
  readonly exhaustive: boolean;
  readonly random?: number;
  readonly steps?: number;
  readonly crashes?: number;
  readonly restarts?: number;
  readonly joins?: number;
  readonly ticks?: number;
  readonly loss?: number;
  readonly duplicates?: number;
  readonly fifo: boolean;
  readonly assume?: "perfect";
  readonly exactTimes: boolean;
  readonly from?: string;
  readonly after?: number;
  readonly settle?: number;
  readonly seed?: number;
  readonly limitStates?: number;
  readonly jobs?: number;
  readonly out: string;
  readonly json: boolean;
}

/** Number of nodes up to which the search is exhaustive unless `--random` is given. */
const EXHAUSTIVE_NODES = 5;
const SCHEDULES = 1000;
const STEPS = 500;
const LIMIT_STATES = 5_000_000;
const LIMIT_STATES_MAX = 500_000_000;
const JOBS_MAX = 256;
const LARGEST_COUNT = 2 ** 31 - 1;
const SETTLE_SECONDS = 120;

export const command: CommandSpec<ExploreInput> = {
  name: "explore",
  arguments: [OPTIONAL_PROGRAM_FILES],
  options: [
    {
      syntax: "--invariant <file>",
      description: "rules for violation(..), reachable(..) and goal() over the tables of all nodes",
    },
    {
      syntax: "--nodes <count>",
      description: "number of nodes at the start, 10.0.0.1:10000 and on",
      parse: parseNodeCount,
    },
    { syntax: "--exhaustive", description: "visit all states; the default up to 5 nodes", conflicts: ["random"] },
    {
      syntax: "--random <schedules>",
      description: "run this many random schedules; the default, with 1000, beyond 5 nodes",
      parse: countOption("--random", 1),
    },
    {
      syntax: "--steps <count>",
      description: "longest random schedule, in actions (500 if omitted)",
      parse: countOption("--steps", 1),
    },
    budgetOption("crashes", "number of crashes that may happen"),
    budgetOption("restarts", "number of restarts of crashed nodes that may happen"),
    budgetOption("joins", "number of further nodes that may start at any time"),
    budgetOption("ticks", "number of timers that may fire (one for each node if omitted; without limit with --random)"),
    budgetOption("loss", "number of messages that may be lost"),
    budgetOption("duplicates", "number of messages that may arrive twice"),
    { syntax: "--fifo", description: "deliver the messages of each pair of nodes in order" },
    {
      syntax: "--assume <model>",
      description: "perfect: a call times out only if it can no longer be answered",
      choices: ["perfect"],
    },
    {
      syntax: "--exact-times",
      description: "tell states apart by the times until timers are due, too, not only by their order",
      conflicts: ["random"],
    },
    {
      syntax: "--from <scenario>",
      description: "explore the nodes of a topology file, after they ran as in mosaic sim for the time of --after",
      conflicts: ["nodes", "joins", "fact", "facts"],
    },
    {
      syntax: "--after <time>",
      description:
        "begin the search after a run of this time, in which messages and timers come in order (0 if omitted)",
      parse: timeOption("--after"),
    },
    {
      syntax: "--settle <time>",
      description: "time within which goal() must come to hold after the last fault (2min if omitted)",
      parse: timeOption("--settle"),
    },
    {
      syntax: "--seed <number>",
      description: "seed of random choices (1 if omitted)",
      parse: countOption("--seed", 0),
    },
    {
      syntax: "--jobs <count>",
      description: "number of threads that search (1 if omitted)",
      parse: countOption("--jobs", 1, JOBS_MAX),
    },
    {
      syntax: "--limit-states <count>",
      description: "give up after this many states (5,000,000 if omitted; no limit with --random)",
      parse: countOption("--limit-states", 1, LIMIT_STATES_MAX),
    },
    {
      syntax: "--out <file>",
      description: "file for a counterexample, which mosaic sim --replay runs",
      preset: "counterexample.json",
    },
    { syntax: "--json", description: "print the result as one JSON object" },
    ...FACT_OPTIONS,
    ...LANGUAGE_OPTIONS,
  ],
  run: async (input, { output }) => {
    const { files, fact, facts, invariant, from, out, json, fifo, assume, random, steps, exhaustive, exactTimes } =
      input;
    if (invariant === undefined)
      throw wrongUsage("--invariant", "name a file with rules for violation(..), reachable(..) or goal()");
    const nodes = from === undefined ? input.nodes : await hostCount(from, input, output);
    if (nodes === undefined) throw wrongUsage("--nodes", "give the number of nodes");
    if (files.length === 0 && from === undefined)
      throw new Failure(2, "name program files, or a topology file with --from");
    const { runExplore } = await import("../explore/run-explore.ts");
    const { crashes = 0, restarts = 0, joins = 0, loss = 0, duplicates = 0 } = input;
    const isExhaustive = exhaustive || (random === undefined && nodes + joins <= EXHAUSTIVE_NODES);
    if (assume === "perfect" && loss > 0)
      throw wrongUsage("--assume perfect", "it excludes --loss: a lost message is no crash");
    if (restarts > 0 && crashes === 0 && from === undefined)
      throw wrongUsage("--restarts", "no node crashes without --crashes");
    if (isExhaustive && steps !== undefined)
      throw wrongUsage("--steps", "it limits random schedules; the search is exhaustive without --random");
    if (!isExhaustive && exactTimes) throw wrongUsage("--exact-times", "it belongs to --exhaustive");
    const ticks = input.ticks ?? (isExhaustive ? nodes + joins : Infinity);
    await runExplore(
      {
        ...(await languageOf(input)),
        files,
        from,
        facts: fact,
        factDirectories: facts,
        invariant,
        nodes,
        budgets: { crashes, restarts, joins, ticks, loss, duplicates },
        isFifo: fifo,
        isPerfect: assume === "perfect",
        isExact: exactTimes,
        plugins: input.plugin,
        standardInput: standardInputOf([...files, invariant]),
        seed: input.seed ?? 1,
        after: input.after ?? 0,
        settle: input.settle ?? SETTLE_SECONDS,
        search: isExhaustive
          ? { kind: "exhaustive" }
          : { kind: "random", schedules: random ?? SCHEDULES, steps: steps ?? STEPS },
        limitStates: input.limitStates ?? (isExhaustive ? LIMIT_STATES : Infinity),
        jobs: input.jobs ?? 1,
        out,
        json,
      },
      output,
    );
  },
};

/** Returns the number of hosts of a topology file. */
async function hostCount(file: string, { files, after = 0 }: ExploreInput, output: Output): Promise<number> {
  if (files.length > 0) throw wrongUsage("--from", "the topology file names the programs; leave out the other files");
  if (after === 0) throw wrongUsage("--from", "give the time of the simulation with --after, as in --after 60s");
  const { loadTopology } = await import("../topology/load-topology.ts");
  return loadTopology(file, output).topology.hosts.length;
}

function budgetOption(name: string, description: string): OptionSpec {
  return { syntax: `--${name} <count>`, description, parse: countOption(`--${name}`, 0) };
}

function countOption(option: string, least: number, most: number = LARGEST_COUNT): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (/^\d+$/.test(text) && count >= least && count <= most) return count;
    const range = most === LARGEST_COUNT ? "" : ` to ${most}`;
    throw wrongUsage(option, `\`${text}\` is not an integer from ${least}${range}`);
  };
}

/** Parses a time, as in `60s`. A number without a unit is in seconds. */
function timeOption(option: string): (text: string) => number {
  return (text) => {
    const seconds = parseDuration(/^\d+$/.test(text) ? `${text}s` : text);
    if (seconds !== undefined && seconds <= LARGEST_COUNT) return seconds;
    throw wrongUsage(option, `\`${text}\` is not ${DURATION_FORMS}`);
  };
}
