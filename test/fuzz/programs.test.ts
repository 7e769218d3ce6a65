/**
 * Every shipped program takes well-typed but hostile tuples from anybody: no step takes more than 50 ms of CPU time, nothing grows by more
 * than 64 MiB, nothing throws, the traffic falls back to its level, and pings pass through a RON within its detection time.
 *
 * The bound of growth covers the tables of the programs and the state of the node. It does not cover a step that derives without end, or
 * a table of long values: `limits.derivations` and the memory limit of a node stop these, and have tests of their own.
 */
import { globSync } from "node:fs";
import { expect, test } from "vitest";
import { fuzz } from "./fuzz.ts";
import { PROGRAMS } from "./fuzzed-program.ts";
import { shareOf } from "./share-of.ts";

const TUPLES = 100_000;
const SEED = 3;

const names = Object.keys(PROGRAMS);

test("every program in programs/ is tried", () => {
  const files = globSync("programs/**/*.{mzl,olg}").map((path) => path.slice("programs/".length));
  expect(names.toSorted()).toEqual(files.toSorted());
});

test.for(names)("%s withstands hostile tuples", { timeout: 300_000 }, (program) => {
  const inputs = shareOf(program, names, TUPLES);
  const { failure, result } = fuzz({ program, seed: SEED, inputs });
  expect(failure).toBeUndefined();
  expect(result.tuples).toBeGreaterThanOrEqual(inputs);
});
