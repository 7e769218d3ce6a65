import { expect, test } from "vitest";
import { figuresOf } from "./run-bench.ts";

test("nodes prints figures with what they are compared with", () => {
  const figures = figuresOf("nodes");
  expect(figures.length).toBeGreaterThan(0);
  for (const { value, reference, ratio } of figures) {
    expect(value).toBeGreaterThan(0);
    expect((ratio ?? NaN) / ((value ?? NaN) / reference)).toBeCloseTo(1, 2);
  }
});
