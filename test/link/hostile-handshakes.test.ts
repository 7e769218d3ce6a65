import { expect, test } from "vitest";
import { fuzzHandshakes } from "./hostile-handshakes.ts";

const INPUTS = 6000;
const SEED = 23;

test(`${INPUTS} mutated messages of the handshake are refused`, () => {
  const outcomes = fuzzHandshakes(INPUTS, SEED);
  expect(Object.keys(outcomes).toSorted()).toEqual(["not authentic", "replayed"]);
  expect(Object.values(outcomes).reduce((sum, count) => sum + count, 0)).toBe(INPUTS);
}, 60_000);
