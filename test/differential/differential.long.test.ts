import { expect, test } from "vitest";
import { huntAcross } from "./across/hunt-across.ts";
import { hunt } from "./hunt.ts";
import { FEATURES } from "./random-program.ts";

/** Steps on one node, on three, and of rules that span nodes, together. */
const STEPS = Number(process.env["STEPS"] ?? 1_000_000);
/** A failure names both, and is then the first program to be looked at. */
const FIRST_SEED = Number(process.env["SEED"] ?? 1_000_000);
const NODES = process.env["NODES"];

/** Of a hundred steps. */
const SHARES: Readonly<Record<string, number>> = { 1: 55, 3: 35, across: 10 };

const chosen = Object.keys(SHARES).filter((nodes) => NODES === undefined || NODES === nodes);
const TIMEOUT = 4 * 3_600_000;

test.for(chosen)("random programs mean on %s nodes what their text says", { timeout: TIMEOUT }, (nodes) => {
  const goal = NODES === undefined ? (STEPS * (SHARES[nodes] ?? 0)) / 100 : STEPS;
  const isEnough = ({ steps }: { readonly steps: number }): boolean => steps >= goal;
  const done =
    nodes === "across"
      ? huntAcross(FIRST_SEED, isEnough)
      : hunt(FIRST_SEED, Number(nodes), new Set(FEATURES), isEnough);
  const shares = [...done.features].map(([name, count]) => `${name} ${share(count, done.programs)}`).toSorted();
  const seeds = `seeds ${FIRST_SEED} to ${FIRST_SEED + done.programs + sum(done.refused.values()) - 1}`;
  process.stdout.write(
    `${nodes} nodes: ${done.steps} steps of ${done.programs} programs, ${seeds}: ${shares.join(", ")}\n`,
  );
  expect(done.difference).toBeUndefined();
  expect([...done.refused]).toEqual([]);
});

function share(count: number, all: number): string {
  return `${((100 * count) / all).toFixed(0)} %`;
}

function sum(numbers: Iterable<number>): number {
  return [...numbers].reduce((total, number) => total + number, 0);
}
