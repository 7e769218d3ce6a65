import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import type { FuzzPart, FuzzPartDone } from "./fuzz-worker.ts";
import { PROGRAMS } from "./fuzzed-program.ts";
import { shareOf } from "./share-of.ts";

/** Number of tuples for all programs together, or for the one that a failure names. */
const TUPLES = Number(process.env["INPUTS"] ?? 10_000_000);
const PROGRAM = process.env["PROGRAM"];
const SEED = Number(process.env["SEED"] ?? 1_000_000);
/** A failure is repeated by its one network, so by one thread. */
const THREADS = PROGRAM === undefined ? Number(process.env["THREADS"] ?? availableParallelism()) : 1;

const names = Object.keys(PROGRAMS).filter((name) => PROGRAM === undefined || name === PROGRAM);
/** Tuples of one network. Several seeds try more states than one long run. */
const RUN_TUPLES = 50_000;
const TIMEOUT = 4 * 3_600_000;

test.for(names)("%s withstands hostile tuples", { timeout: TIMEOUT }, async (program) => {
  const tuples = Math.ceil(shareOf(program, names, TUPLES) / THREADS);
  const runTuples = PROGRAM === undefined ? RUN_TUPLES : tuples;
  const parts = Array.from({ length: THREADS }, (_, at): FuzzPart => {
    return { program, firstSeed: SEED + at, stride: THREADS, tuples, runTuples };
  });
  const done = await Promise.all(parts.map(inThread));
  const longest = Math.max(...done.map((part) => part.longest));
  const growth = Math.max(...done.map((part) => part.growth));
  const sum = done.reduce((total, part) => total + part.tuples, 0);
  const figures = `longest step ${(longest * 1000).toFixed(1)} ms, growth ${(growth / 2 ** 20).toFixed(1)} MiB`;
  process.stdout.write(`${program}: ${sum} tuples, ${figures}\n`);
  expect(done.flatMap(({ failure }) => failure ?? [])).toEqual([]);
});

async function inThread(part: FuzzPart): Promise<FuzzPartDone> {
  const worker = new Worker(new URL("fuzz-worker.ts", import.meta.url), { workerData: part });
  const [done] = (await once(worker, "message")) as [FuzzPartDone];
  return done;
}
