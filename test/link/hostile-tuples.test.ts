import { expect, test } from "vitest";
import { fuzzTuples } from "./hostile-tuples.ts";

const INPUTS = 100_000;
const SEED = 17;

test(`${INPUTS} mutated certificates, revocations and invitations have an outcome`, () => {
  const judged = fuzzTuples(INPUTS, SEED);
  expect(Object.keys(judged).toSorted()).toEqual([
    "certificate bad signature",
    "certificate foreign network",
    "certificate malformed",
    "certificate ok",
    "invitation malformed",
    "invitation ok",
    "invited malformed",
    "invited ok",
    "revocation bad signature",
    "revocation foreign network",
    "revocation malformed",
    "revocation ok",
  ]);
  expect(Object.values(judged).reduce((sum, count) => sum + count, 0)).toBe(INPUTS);
}, 60_000);
