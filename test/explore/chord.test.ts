import { expect, test } from "vitest";
import { mosaicInProcess } from "../cli/in-process.ts";
import { threeMinutes, violationWithin } from "../sim/chord-minutes.ts";
import { ALL_STATES, CAUGHT, JOIN, searchArguments, searchOf } from "./chord-mutants.ts";
import { FOLDER } from "./explored-system.ts";

/** The ring of `chord.mzl`: invariants in all orders of messages, timers, joins and crashes, and wrong rings that break them. */

test("all states of a ring of three members and a joiner keep the invariants", async () => {
  const { code, stdout } = await mosaicInProcess("explore", ...searchArguments(`${FOLDER}chord-ring.mzl`, JOIN));
  expect(stdout).toMatch(ALL_STATES);
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

test("30 rings whose nodes join and crash at random for three minutes keep the invariants", {
  timeout: 300_000,
}, () => {
  for (let seed = 1; seed <= 30; seed++) expect([seed, violationWithin(threeMinutes(seed))]).toEqual([seed, undefined]);
});
