import { expect, test } from "vitest";
import { compareWithList } from "./listed-counters.ts";

const DATAGRAMS = Number(process.env["DATAGRAMS"] ?? 100_000_000);
const SEED = Number(process.env["SEED"] ?? Date.now() % 1_000_000);

test(`the replay windows of two lanes equal plain lists for ${DATAGRAMS} datagrams, seed ${SEED}`, () => {
  expect(compareWithList(DATAGRAMS, SEED)).toEqual({ differences: 0, datagrams: DATAGRAMS });
});
