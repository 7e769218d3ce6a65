import { expect, test } from "vitest";
import { needs } from "../needs.ts";
import { fuzz } from "./fuzzer.ts";

test("packets of every kind are split and joined within their bounds, and what is joined comes apart again", ({
  skip,
}) => {
  skip(needs("cc", "address sanitizer") !== undefined, needs("cc", "address sanitizer"));
  expect(fuzz(2)).toBeGreaterThan(10_000_000);
});
