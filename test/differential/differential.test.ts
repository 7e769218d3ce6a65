import { expect, test } from "vitest";
import { type Hunt, hunt } from "./hunt.ts";
import { FEATURES } from "./random-program.ts";

const SECONDS = 6;

/** Not before each part of the language has been used, however busy the machine is. */
function until(seconds: number): (hunt: Hunt) => boolean {
  const end = performance.now() + seconds * 1000;
  return ({ features }) => performance.now() > end && FEATURES.every((feature) => features.has(feature));
}

test.for([1, 3])("random programs mean on %i nodes what their text says", (nodes) => {
  const { difference, refused } = hunt(1, nodes, new Set(FEATURES), until(SECONDS));
  expect(difference).toBeUndefined();
  expect([...refused]).toEqual([]);
});
