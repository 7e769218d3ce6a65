import { expect, test } from "vitest";
import { measureRepairs } from "./overqos.ts";

test("overqos repairs 5 % loss within 20 ms, with at most 30 % more datagrams than IP", () => {
  const { repaired, plain, more } = measureRepairs(3000);
  expect(repaired).toBeGreaterThanOrEqual(0.999);
  expect(plain).toBeLessThan(0.96);
  expect(more).toBeLessThanOrEqual(0.3);
  expect(more).toBeGreaterThan(0);
});
