import { expect, test } from "vitest";
import { describeComparison, isWorse, type TreeComparison } from "../../bench/compare/tree-comparison.ts";
import type { PairQuartiles } from "../../bench/harness/pairs.ts";
import { compare } from "./run-compare.ts";

function quartiles(lower: number, median: number, upper: number): PairQuartiles {
  const pair = (value: number): PairQuartiles["median"] => ({ value, reference: 1 });
  return { lower: pair(lower), median: pair(median), upper: pair(upper) };
}

function comparison(change: number, noise: number): TreeComparison {
  return {
    workload: "eval join",
    unit: "s",
    change: quartiles(change - 0.01, change, change + 0.01),
    noise: quartiles(noise - 0.01, noise, noise + 0.01),
  };
}

test.for([
  [1.05, 1, true],
  [1.05, 1.03, false],
  [1.02, 1, false],
  [0.9, 1, false],
  [NaN, 1, true],
] as const)("a ratio of %f, %f against itself: worse is %s", ([change, noise, worse]) => {
  expect(isWorse(comparison(change, noise))).toBe(worse);
});

test("a line shows the ratio, its quartiles and the noise", () => {
  expect(describeComparison(comparison(1.05, 1))).toBe(
    "eval join              1.050 (1.040 to 1.060)   commit to itself 1.000 (0.990 to 1.010)   1.05 to 1.00 s  WORSE",
  );
});

test("wrong usage and an unknown commit are errors", () => {
  const usage = "usage: npm run bench:compare -- REV [--only TEXT] [--rounds N] [--json]\n";
  expect(compare()).toEqual({ status: 2, stdout: "", stderr: usage });
  expect(compare("HEAD", "--rounds", "none")).toEqual({ status: 2, stdout: "", stderr: usage });
  expect(compare("no-such-commit")).toMatchObject({
    status: 1,
    stdout: "",
    stderr: expect.stringContaining("no-such"),
  });
});
