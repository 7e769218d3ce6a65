import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { pairQuartiles } from "../harness/pairs.ts";
import { valuesInRounds } from "../harness/rounds.ts";
import { COMMAND_WORKLOADS } from "./command-workloads.ts";
import { describeComparison, type TreeComparison, isWorse } from "./tree-comparison.ts";
import { CommitTree, THIS_TREE, type Tree } from "./tree.ts";
import { TUNNEL_WORKLOADS } from "./tunnel-workloads.ts";
import type { Workload } from "./workload.ts";

/**
 * `npm run bench:compare -- REV [--only TEXT] [--rounds N] [--json]`: compares this tree with a commit by processor time.
 *
 * Each round runs every workload three times: by this tree, by the commit, and by a second checkout of the commit. The
 * ratio of this tree to the commit shows the change. The ratio of the commit to itself shows the noise of the machine.
 * The exit code is 1 when a workload is worse by more than 3 % beyond that noise, or when one failed.
 */
const USAGE = "usage: npm run bench:compare -- REV [--only TEXT] [--rounds N] [--json]";
const DEFAULT_ROUNDS = 15;

const WORKLOADS: readonly Workload[] = [...COMMAND_WORKLOADS, ...TUNNEL_WORKLOADS];

interface Options {
  readonly revision: string;
  readonly only: string;
  readonly rounds: number;
  readonly isJson: boolean;
}

const options = readOptions(process.argv.slice(2));
if (options === undefined) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
  await run(options);
}

function readOptions(args: readonly string[]): Options | undefined {
  const settings = { only: { type: "string" }, rounds: { type: "string" }, json: { type: "boolean" } } as const;
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: settings, allowPositionals: true });
    const [revision, ...others] = positionals;
    const rounds = Number(values.rounds ?? DEFAULT_ROUNDS);
    if (revision === undefined || others.length > 0 || !Number.isInteger(rounds) || rounds < 1) return undefined;
    return { revision, only: values.only ?? "", rounds, isJson: values.json ?? false };
  } catch {
    return undefined;
  }
}

async function run({ revision, only, rounds, isJson }: Options): Promise<void> {
  const trees: CommitTree[] = [];
  process.once("exit", () => {
    for (const tree of trees) tree.close();
  });
  try {
    trees.push(new CommitTree(revision));
    trees.push(new CommitTree(revision));
    for (const workload of WORKLOADS.filter(({ name }) => name.includes(only))) {
      const missing = workload.needs.filter((need) => !isAvailable(need));
      if (missing.length > 0) console.error(`${workload.name}: skipped, needs ${missing.join(", ")}`);
      else report(await compareTrees(workload, trees, rounds), isJson);
    }
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

async function compareTrees(workload: Workload, trees: readonly Tree[], rounds: number): Promise<TreeComparison> {
  const work = await workload.prepare([THIS_TREE, ...trees]);
  try {
    const sides = ["new", "old", "again"].map((name, tree) => ({ name, measure: () => work.measure(tree) }));
    for (const { measure } of sides) await measure();
    const values = await valuesInRounds(sides, rounds);
    const [ours = [], old = [], again = []] = sides.map(({ name }) => values.get(name));
    const { name, unit } = workload;
    return { workload: name, unit, change: pairQuartiles(ours, old), noise: pairQuartiles(again, old) };
  } finally {
    work.close();
  }
}

function report(comparison: TreeComparison, isJson: boolean): void {
  console.log(isJson ? JSON.stringify(comparison) : describeComparison(comparison));
  if (isWorse(comparison)) process.exitCode = 1;
}

function isAvailable(need: string): boolean {
  if (need === "root") return process.geteuid?.() === 0;
  return spawnSync("sh", ["-c", `command -v ${need}`], { stdio: "ignore" }).status === 0;
}
