import { expect, test } from "vitest";
import { hunt } from "./hunt.ts";
import { FEATURES } from "./random-program.ts";

/** Steps on one node and as many on three, together. */
const STEPS = Number(process.env["STEPS"] ?? 1_000_000);
/** A failure names both, and is then the first program to be looked at. */
const FIRST_SEED = Number(process.env["SEED"] ?? 1_000_000);
const NODES = process.env["NODES"] === undefined ? [1, 3] : [Number(process.env["NODES"])];

test.for(NODES)("random programs mean on %i nodes what their text says", { timeout: 4 * 3_600_000 }, (nodes) => {
  const goal = STEPS / NODES.length;
  const done = hunt(FIRST_SEED, nodes, new Set(FEATURES), ({ steps }) => steps >= goal);
  const shares = [...done.features].map(([name, count]) => `${name} ${share(count, done.programs)}`).toSorted();
  process.stdout.write(`${nodes} nodes: ${done.steps} steps of ${done.programs} programs: ${shares.join(", ")}\n`);
  expect(done.difference).toBeUndefined();
  expect([...done.refused]).toEqual([]);
});

function share(count: number, all: number): string {
  return `${((100 * count) / all).toFixed(0)} %`;
}
