import { expect, test } from "vitest";
import { fuzzEncodings } from "./encodings.ts";

const INPUTS = Number(process.env["INPUTS"] ?? 10_000_000);
const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
/** Inputs of one seed. New values are made for each. */
const RUN_INPUTS = 500_000;

test("mutated encodings are read or refused, and each accepted value has one encoding and one text", () => {
  const sums: Record<string, { inputs: number; accepted: number }> = {};
  for (let done = 0; done < INPUTS; done += RUN_INPUTS) {
    const figures = fuzzEncodings(Math.min(RUN_INPUTS, INPUTS - done), SEED + done / RUN_INPUTS);
    for (const [name, { inputs, accepted }] of Object.entries(figures)) {
      const sum = (sums[name] ??= { inputs: 0, accepted: 0 });
      sum.inputs += inputs;
      sum.accepted += accepted;
    }
  }
  const texts = Object.entries(sums).map(([name, { inputs, accepted }]) => `${name} ${accepted} of ${inputs}`);
  process.stdout.write(`seed ${SEED}, accepted: ${texts.join(", ")}\n`);
  const total = Object.values(sums).reduce((sum, { inputs }) => sum + inputs, 0);
  expect(total).toBe(INPUTS);
});
