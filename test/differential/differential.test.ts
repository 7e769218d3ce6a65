import { expect, test } from "vitest";
import { huntAcross } from "./across/hunt-across.ts";
import { ACROSS_FEATURES } from "./across/random-across.ts";
import { hunt } from "./hunt.ts";
import { FEATURES } from "./random-program.ts";
import { timeToHunt } from "./time-to-hunt.ts";

/** `differential.long.test.ts` tries many more programs. */
const SECONDS = 3;
const SECONDS_RECURSION = 3;
const SECONDS_ACROSS = 1.5;
const TIMEOUT_MS = 60_000;

/** Returns the end condition of a hunt: the time has passed and the programs have used each part of the language. */
function until<F>(
  seconds: number,
  all: readonly F[],
): (hunt: { readonly features: ReadonlyMap<F, number> }) => boolean {
  const isOver = timeToHunt(seconds);
  return ({ features }) => isOver() && all.every((feature) => features.has(feature));
}

test.for(["1", "3"] as const)(
  "random programs on %s nodes give the results of the naive evaluator",
  { timeout: TIMEOUT_MS },
  (nodes) => {
    const { difference, rejected } = hunt(1, nodes, until(SECONDS, FEATURES));
    expect(difference).toBeUndefined();
    expect([...rejected]).toEqual([]);
  },
);

test("recursive tables on changing graphs give the results of the naive evaluator", { timeout: TIMEOUT_MS }, () => {
  const { difference, rejected } = hunt(1, "recursion", timeToHunt(SECONDS_RECURSION));
  expect(difference).toBeUndefined();
  expect([...rejected]).toEqual([]);
});

test("random rules that span nodes give the tables of a single node once all messages have arrived", {
  timeout: TIMEOUT_MS,
}, () => {
  const { difference, rejected } = huntAcross(1, until(SECONDS_ACROSS, ACROSS_FEATURES));
  expect(difference).toBeUndefined();
  expect([...rejected]).toEqual([]);
});
