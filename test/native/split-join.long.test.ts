import { expect, test } from "vitest";
import { needs } from "../needs.ts";
import { fuzz } from "./fuzzer.ts";

test("splitting and joining a thousand million bytes of packets stays within bounds", ({ skip }) => {
  skip(needs("cc", "address sanitizer") !== undefined, needs("cc", "address sanitizer"));
  expect(fuzz("split-join", 25)).toBeGreaterThan(1_000_000_000);
});
