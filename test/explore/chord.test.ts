import { expect, test } from "vitest";
import { mosaicInProcess } from "../cli/in-process.ts";
import { violationWithin } from "../sim/chord-minutes.ts";
import { CAUGHT, CORRECT, searchArguments, searchOf } from "./chord-mutants.ts";
import { FOLDER } from "./explored-system.ts";

/** The ring of `chord.mzl`: invariants in all orders of messages, timers, joins and crashes, and wrong rings that break them. */

test.each(CORRECT)("all states of the ring keep the invariants (%j)", async (...search) => {
  const { code, stdout } = await mosaicInProcess("explore", ...searchArguments(`${FOLDER}chord-ring.mzl`, search));
  expect(stdout).toMatch(/^\d+ states, .* s: all states visited\nreached: formed\n$/);
  expect(code).toBe(0);
});

test.each(CAUGHT)("$what is found: $told", async ({ told, ...mutant }) => {
  const { args, out } = searchOf(mutant);
  const { code, stdout, stderr } = await mosaicInProcess("explore", ...args);
  expect(stderr).toContain(`mosaic: ${told}`);
  expect(stdout).toMatch(/, after \d+ steps?:\n {2}1 {2}10\.0\.0\.\d:10000 /);
  expect(code).toBe(1);
  const again = await mosaicInProcess("sim", "--replay", out);
  expect(again.stdout).toContain(told);
  expect(again.code).toBe(0);
});

test("30 rings whose nodes join and crash at random keep the invariants", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const settings = { seed, successors: 2 + (seed % 3), joining: 1 + (seed % 3), seconds: 30 };
    expect([seed, violationWithin(settings)]).toEqual([seed, undefined]);
  }
});
