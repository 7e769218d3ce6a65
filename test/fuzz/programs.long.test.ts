import { expect, test } from "vitest";
import { fuzz } from "./fuzz.ts";
import { PROGRAMS } from "./fuzzed-program.ts";
import { shareOf } from "./share-of.ts";

/** Number of tuples for all programs together, or for the one that a failure names. */
const TUPLES = Number(process.env["INPUTS"] ?? 10_000_000);
const PROGRAM = process.env["PROGRAM"];
const SEED = Number(process.env["SEED"] ?? 1_000_000);

const names = Object.keys(PROGRAMS).filter((name) => PROGRAM === undefined || name === PROGRAM);
/** Tuples of one network. Several seeds try more states than one long run. */
const RUN_TUPLES = 50_000;
const TIMEOUT = 4 * 3_600_000;

test.for(names)("%s withstands hostile tuples", { timeout: TIMEOUT }, (program) => {
  const share = shareOf(program, names, TUPLES);
  let longest = 0;
  let growth = 0;
  let tuples = 0;
  for (let seed = SEED; tuples < share; seed++) {
    const inputs = PROGRAM === undefined ? Math.min(RUN_TUPLES, share - tuples) : share;
    const { failure, result } = fuzz({ program, seed, inputs });
    expect(failure).toBeUndefined();
    longest = Math.max(longest, result.longest);
    growth = Math.max(growth, result.growth);
    tuples += result.tuples;
  }
  const figures = `longest step ${(longest * 1000).toFixed(1)} ms, growth ${(growth / 2 ** 20).toFixed(1)} MiB`;
  process.stdout.write(`${program}: ${tuples} tuples, ${figures}\n`);
});
