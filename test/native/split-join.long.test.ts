import { expect, test } from "vitest";
import { needs } from "../needs.ts";
import { fuzz } from "./fuzzer.ts";

test("a thousand million bytes of packets are split and joined within their bounds", ({ skip }) => {
  skip(needs("cc", "address sanitizer") !== undefined, needs("cc", "address sanitizer"));
  expect(fuzz(25)).toBeGreaterThan(1_000_000_000);
});
