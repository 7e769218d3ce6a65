import { expect, test } from "vitest";
import { mosaicInProcess } from "../cli/in-process.ts";
import { threeMinutes, violationWithin } from "../sim/chord-minutes.ts";
import { ALL_STATES, CRASH, HARMLESS, JOIN_AND_CRASH, searchArguments, searchOf } from "./chord-mutants.ts";
import { FOLDER } from "./explored-system.ts";

const HOUR = 3_600_000;

/** CHORD_SEEDS=10000 runs as many rings; that takes hours. CHORD_FIRST_SEED divides them among processes. */
const SEEDS = Number(process.env["CHORD_SEEDS"] ?? 300);
const FIRST_SEED = Number(process.env["CHORD_FIRST_SEED"] ?? 1);

test.each([
  ["three members and a joiner, three timers", ["--nodes", "3", "--joins", "1", "--ticks", "3"]],
  ["the same with four timers", ["--nodes", "3", "--joins", "1", "--ticks", "4"]],
  [
    "four members and a joiner, one crash",
    ["-D", "FOUR=1", "--nodes", "4", "--joins", "1", "--crashes", "1", "--ticks", "2"],
  ],
] as const)(
  "%s: all states keep the invariants, or the search says how far it came",
  async (what, search) => {
    const args = searchArguments(`${FOLDER}chord-ring.mzl`, [...search, "--after", "8s", "--limit-states", "3000000"]);
    const { code, stdout, stderr } = await mosaicInProcess("explore", ...args);
    process.stdout.write(`${what}: ${stdout}${code === 3 ? stderr : ""}`);
    expect(stdout).not.toContain("violation found");
    expect([0, 3]).toContain(code);
  },
  HOUR,
);

test.each([CRASH, JOIN_AND_CRASH])("all states of a ring with a crash keep the invariants (%j)", async (...search) => {
  const { code, stdout } = await mosaicInProcess("explore", ...searchArguments(`${FOLDER}chord-ring.mzl`, search));
  expect(stdout).toMatch(ALL_STATES);
  expect(code).toBe(0);
});

test.each(HARMLESS)("$what is harmless within the search: all states keep the invariants", async (mutant) => {
  const { code, stdout } = await mosaicInProcess("explore", ...searchOf(mutant).args);
  expect(stdout).toContain("all states visited");
  expect(code).toBe(0);
});

test(
  `${SEEDS} rings of up to 64 nodes from seed ${FIRST_SEED} on keep the invariants for three minutes`,
  () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++)
      expect([seed, violationWithin(threeMinutes(seed))]).toEqual([seed, undefined]);
  },
  HOUR * 6,
);
