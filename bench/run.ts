import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { basename, join } from "node:path";

/**
 * `npm run bench [NAME...]`: runs the named benches, or all of them, one after another and each in a process of its
 * own. A bench is a file `NAME.bench.ts` of this folder: it answers one question and prints a ratio to a peer that it
 * measured in the same run.
 */
const SUFFIX = ".bench.ts";

const all = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith(SUFFIX))
  .map((file) => basename(file, SUFFIX));
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !all.includes(name));

if (unknown.length > 0) {
  console.error(`no such bench: ${unknown.join(", ")}; there are: ${all.join(", ") || "none"}`);
  process.exitCode = 2;
} else {
  for (const name of wanted.length > 0 ? wanted : all) runBench(name);
}

function runBench(name: string): void {
  console.log(`${name}:`);
  const bench = spawnSync(process.execPath, [join(import.meta.dirname, name + SUFFIX)], { stdio: "inherit" });
  if (bench.status !== 0) process.exitCode = 1;
}
