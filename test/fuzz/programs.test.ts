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
import { isCostly, shareOf } from "./share-of.ts";

const TUPLES = 100_000;
const SEED = 3;
/**
 * Tuples of one network of a routing protocol. After more of them, forged routes make the nodes change their routes again and again until
 * the routes expire: 30 s of simulated time, and as much of processor time.
 */
const ROUTING_TUPLES = 950;

const names = Object.keys(PROGRAMS);

test("every program in programs/ is tried", () => {
  const files = globSync("programs/**/*.{mzl,olg}").map((path) => path.slice("programs/".length));
  expect(names.toSorted()).toEqual(files.toSorted());
});

test.for(names)("%s withstands hostile tuples", { timeout: 300_000 }, (program) => {
  const share = shareOf(program, names, TUPLES);
  const networks = isCostly(program) ? Math.ceil(share / ROUTING_TUPLES) : 1;
  const inputs = Math.ceil(share / networks);
  for (let seed = SEED; seed < SEED + networks; seed++) {
    const { failure, result } = fuzz({ program, seed, inputs });
    expect(failure).toBeUndefined();
    expect(result.tuples).toBeGreaterThanOrEqual(inputs);
  }
});
