import { once } from "node:events";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { afterAll, expect, test } from "vitest";
import type { HuntPart, PartDone } from "./hunt-worker.ts";

/** Total number of steps: on one node, on three, of recursive tables, and of rules that span nodes. */
const STEPS = Number(process.env["STEPS"] ?? 1_000_000);
/** First seed and kind of nodes. A failure prints both, to repeat it. */
const FIRST_SEED = Number(process.env["SEED"] ?? 1_000_000);
const NODES = process.env["NODES"];
const THREADS = Number(process.env["THREADS"] ?? availableParallelism());

/** Percentage of the steps. */
const SHARES = { 1: 30, 3: 20, recursion: 40, across: 10 } as const satisfies Record<HuntPart["nodes"], number>;
/** Distance of the seeds of two threads, greater than the number of programs of one. */
const SEEDS = 1_000_000;

const kinds = Object.keys(SHARES) as readonly HuntPart["nodes"][];
const chosen = kinds.filter((nodes) => NODES === undefined || NODES === nodes);
const TIMEOUT = 4 * 3_600_000;
const all = { steps: 0, programs: 0 };

test.for(chosen)(
  "random programs on %s nodes give the results of the naive evaluator",
  { timeout: TIMEOUT },
  async (nodes) => {
    const goal = NODES === undefined ? (STEPS * SHARES[nodes]) / 100 : STEPS;
    const parts = Array.from({ length: THREADS }, (_, at): HuntPart => {
      return { nodes, firstSeed: FIRST_SEED + at * SEEDS, steps: goal / THREADS };
    });
    const done = await Promise.all(parts.map(inThread));
    const steps = sum(done.map((part) => part.steps));
    const programs = sum(done.map((part) => part.programs));
    all.steps += steps;
    all.programs += programs;
    const features = counted(done.map((part) => part.features));
    const used = [...features].map(([name, count]) => `${name} ${share(count, programs)}`).toSorted();
    const seeds = parts.map(({ firstSeed }, at) => `${firstSeed} to ${firstSeed + seen(done[at] as PartDone) - 1}`);
    process.stdout.write(
      `${nodes} nodes: ${steps} steps of ${programs} programs, seeds ${seeds.join(", ")}: ${used.join(", ")}\n`,
    );
    expect(done.flatMap(({ difference }) => difference ?? [])).toEqual([]);
    expect([...counted(done.map((part) => part.rejected))]).toEqual([]);
  },
);

afterAll(() => {
  process.stdout.write(`${all.steps} steps of ${all.programs} programs, all tables compared after each\n`);
});

async function inThread(part: HuntPart): Promise<PartDone> {
  const worker = new Worker(new URL("hunt-worker.ts", import.meta.url), { workerData: part });
  const [done] = (await once(worker, "message")) as [PartDone];
  return done;
}

function seen({ programs, rejected: refused }: PartDone): number {
  return programs + sum([...refused.values()]);
}

function counted(parts: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [name, count] of parts.flatMap((part) => [...part])) counts.set(name, (counts.get(name) ?? 0) + count);
  return counts;
}

function share(count: number, of: number): string {
  return `${((100 * count) / of).toFixed(0)} %`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
