import { expect, test } from "vitest";
import { needs } from "../needs.ts";
import { fuzz } from "./fuzzer.ts";

test("the replay window equals a plain list in both lanes", ({ skip }) => {
  skip(needs("cc", "address sanitizer") !== undefined, needs("cc", "address sanitizer"));
  expect(fuzz("replay-window", 1)).toBeGreaterThan(1_000_000);
});

test("opening mutated, replayed and reflected datagrams stays within bounds, and opens none of them", ({ skip }) => {
  skip(needs("cc", "address sanitizer") !== undefined, needs("cc", "address sanitizer"));
  expect(fuzz("sessions", 2)).toBeGreaterThan(100_000);
});
