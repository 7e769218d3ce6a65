import { expect, test } from "vitest";
import { needs } from "../needs.ts";
import { fuzz } from "./fuzzer.ts";

test("splitting and joining stays within bounds, and joined packets split again", ({ skip }) => {
  skip(needs("cc", "address sanitizer") !== undefined, needs("cc", "address sanitizer"));
  expect(fuzz("split-join", 2)).toBeGreaterThan(10_000_000);
});
