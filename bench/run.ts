import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";

/**
 * `npm run bench -- [NAME...] [--json] [--quick] [--only=TEXT]`: runs the named benches, or all of them, one after the other,
 * each in a separate process. A bench is a file `NAME.bench.ts` in this folder or in the folder NAME. It answers one question
 * and prints ratios to references of the same run. `--json` prints one object a figure. `--quick` measures once and briefly,
 * to test the bench. `--only` selects figures of the bench `tunnel` by a text in their name.
 */
const SUFFIX = ".bench.ts";

/** Options of Node.js that the launcher `mosaic` gives the command which a bench measures. */
const NODE_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  explore: ["--min-semi-space-size=64", "--max-semi-space-size=64"],
};

const all = findBenches();
const options = process.argv.slice(2).filter((argument) => argument.startsWith("--"));
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const unknown = wanted.filter((name) => !all.has(name));
const unknownOptions = options.filter((option) => !/^--(json|quick|only=.+)$/.test(option));

if (unknown.length > 0 || unknownOptions.length > 0) {
  for (const option of unknownOptions)
    console.error(`no such option: ${option}; there are: --json, --quick, --only=TEXT`);
  if (unknown.length > 0)
    console.error(`no such bench: ${unknown.join(", ")}; there are: ${[...all.keys()].join(", ")}`);
  process.exitCode = 2;
} else {
  for (const name of wanted.length > 0 ? wanted : all.keys()) runBench(name);
}

/** Returns the files of the benches by name. */
function findBenches(): ReadonlyMap<string, string> {
  const here = import.meta.dirname;
  const found = readdirSync(here).flatMap((entry) => {
    const inFolder = join(here, entry, entry + SUFFIX);
    if (existsSync(inFolder)) return [[entry, inFolder] as const];
    return entry.endsWith(SUFFIX) ? [[basename(entry, SUFFIX), join(here, entry)] as const] : [];
  });
  return new Map(found);
}

function runBench(name: string): void {
  if (!options.includes("--json")) console.log(`${name}:`);
  const bench = spawnSync(process.execPath, [...(NODE_OPTIONS[name] ?? []), all.get(name) ?? "", ...options], {
    stdio: "inherit",
  });
  if (bench.status !== 0) process.exitCode = 1;
}
