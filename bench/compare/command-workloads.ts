import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tree } from "./tree.ts";
import type { Workload } from "./workload.ts";

const PROGRAMS: string = join(import.meta.dirname, "programs");
const RULES = 1000;
const NODES = 300;
const EDGES = 900;

/** Commands of Mosaic that run to their end: processor time of the whole process, its start included. */
export const COMMAND_WORKLOADS: readonly Workload[] = [
  command("mosaic --version", 4, () => ["--version"]),
  command("check ron.mzl", 3, () => ["check", "ron.mzl"]),
  command("check 1,000 rules", 1, (folder) => ["check", join(folder, "rules.mzl")]),
  command("eval closure", 1, (folder) => ["eval", join(PROGRAMS, "closure.mzl"), "--facts", folder, "--count"]),
  command("eval join", 1, () => ["eval", join(PROGRAMS, "join.mzl"), "--count"]),
  command("eval soft state", 1, () => ["eval", join(PROGRAMS, "soft-state.mzl"), "--count"]),
  command("eval view calls", 1, () => ["eval", join(PROGRAMS, "calls.mzl"), "--count"]),
  command("sim RON", 1, () => ["sim", join(PROGRAMS, "ron.toml")]),
  command("sim Chord", 1, () => ["sim", join(PROGRAMS, "chord.toml")]),
];

/** `repeats`: a command that ends at once runs several times for one figure. */
function command(name: string, repeats: number, args: (folder: string) => readonly string[]): Workload {
  return {
    name,
    unit: "s",
    needs: ["bash"],
    prepare: async (trees) => {
      const folder = writeInputs();
      return {
        measure: (tree) => processorSeconds(trees[tree], args(folder), repeats),
        close: () => rmSync(folder, { recursive: true, force: true }),
      };
    },
  };
}

function writeInputs(): string {
  const folder = mkdtempSync(join(tmpdir(), "mosaic-compare-"));
  writeFileSync(join(folder, "edge.facts"), edges());
  writeFileSync(join(folder, "rules.mzl"), rules());
  return folder;
}

/** A random graph that is the same in every run: its numbers come from the minimal standard generator. */
function edges(): string {
  let state = 1;
  const draw = (): number => (state = (state * 48_271) % 2_147_483_647) % NODES;
  return Array.from({ length: EDGES }, () => `${draw()}\t${draw()}\n`).join("");
}

function rules(): string {
  const tables = "materialize(t, infinity, infinity, keys(1)).\nmaterialize(u, infinity, infinity, keys(1)).\n";
  const text = Array.from({ length: RULES }, (_, at) => `out${at}(B) :- in(A, ${at}), t(A, B), u(B, C), C > ${at}.\n`);
  return tables + text.join("");
}

/** User and system time of one run, as bash reports it for a child that ended: in milliseconds. */
async function processorSeconds(tree: Tree | undefined, args: readonly string[], repeats: number): Promise<number> {
  const loop = `TIMEFORMAT='%U %S'; time for ((i = 0; i < ${repeats}; i++)); do "$@" >/dev/null 2>&1 || exit 1; done`;
  const child = spawn("bash", ["-c", loop, "bash", join(tree?.folder ?? "", "mosaic"), ...args], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, LC_ALL: "C" },
  });
  let text = "";
  child.stderr.setEncoding("utf8").on("data", (more: string) => (text += more));
  const code = await new Promise((resolve) => {
    child.once("error", () => resolve(undefined));
    child.once("close", resolve);
  });
  const [user = NaN, system = NaN] = text.trim().split(" ").map(Number);
  return code === 0 ? (user + system) / repeats : NaN;
}
