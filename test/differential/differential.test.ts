import { expect, test } from "vitest";
import { hunt } from "./hunt.ts";
import { FEATURES } from "./random-program.ts";

const SECONDS = 6;

function until(seconds: number): () => boolean {
  const end = performance.now() + seconds * 1000;
  return () => performance.now() > end;
}

test.for([1, 3])("random programs mean on %i nodes what their text says", (nodes) => {
  const { difference, refused, features } = hunt(1, nodes, new Set(FEATURES), until(SECONDS));
  expect(difference).toBeUndefined();
  expect([...refused]).toEqual([]);
  expect(FEATURES.filter((feature) => !features.has(feature))).toEqual([]);
});
