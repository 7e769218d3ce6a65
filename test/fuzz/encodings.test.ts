import { expect, test } from "vitest";
import { fuzzEncodings } from "./encodings.ts";

const INPUTS = 10_000;
const SEED = 5;

test(`${INPUTS} mutated encodings are read or refused, and each accepted value has one encoding and one text`, () => {
  const figures = fuzzEncodings(INPUTS, SEED);
  const names = ["facts", "f_packet", "f_unpack", "fields", "node", "requests", "wire"];
  expect(Object.keys(figures).toSorted()).toEqual(names.toSorted());
  // Neither are all inputs refused, nor all accepted.
  for (const [name, { inputs, accepted }] of Object.entries(figures)) {
    expect([name, accepted > inputs / 100, accepted < inputs]).toEqual([name, true, true]);
  }
});
