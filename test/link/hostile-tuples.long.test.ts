import { expect, test } from "vitest";
import { fuzzTuples, type Judged } from "./hostile-tuples.ts";

const INPUTS = Number(process.env["INPUTS"] ?? 10_000_000);
const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
/** Inputs of one seed. New tuples are made for each. */
const RUN_INPUTS = 500_000;

test("mutated certificates, revocations and invitations have an outcome", () => {
  const sums: Record<string, number> = {};
  for (let done = 0; done < INPUTS; done += RUN_INPUTS) {
    const judged: Judged = fuzzTuples(Math.min(RUN_INPUTS, INPUTS - done), SEED + done / RUN_INPUTS);
    for (const [outcome, count] of Object.entries(judged)) sums[outcome] = (sums[outcome] ?? 0) + count;
  }
  const texts = Object.entries(sums).map(([outcome, count]) => `${outcome} ${count}`);
  process.stdout.write(`seed ${SEED}: ${texts.join(", ")}\n`);
  expect(Object.values(sums).reduce((sum, count) => sum + count, 0)).toBe(INPUTS);
});
