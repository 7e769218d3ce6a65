import fc from "fast-check";
import { expect, test } from "vitest";
import { ExactSum } from "../../../../runtime/plan/library/aggregates/exact-sum.ts";

function sumOf(values: readonly number[]): number | undefined {
  const sum = new ExactSum();
  for (const value of values) sum.add(value);
  return sum.result();
}

/** Exact sum in integers of the smallest unit of a double. `Number` rounds to nearest, ties to even. */
function byWholeNumbers(values: readonly number[]): number {
  const unit = 2 ** -100;
  return Number(values.reduce((total, value) => total + BigInt(value / unit), 0n)) * unit;
}

const number = fc
  .tuple(fc.integer({ min: -(2 ** 53), max: 2 ** 53 }), fc.integer({ min: -60, max: 60 }))
  .map(([digits, places]) => digits * 2 ** places);

test("a sum is the number nearest to the exact sum", () => {
  const check = (values: readonly number[]): void => {
    const isTooLarge = values.every(Number.isSafeInteger) && !Number.isSafeInteger(byWholeNumbers(values));
    expect(sumOf(values)).toBe(isTooLarge ? undefined : byWholeNumbers(values));
  };
  fc.assert(fc.property(fc.array(number, { maxLength: 30 }), check), { numRuns: 2000 });
});

test.for([
  { values: [], sum: 0 },
  { values: [0.1, 0.2, 0.3], sum: 0.6 },
  { values: [0.3, 0.2, 0.1], sum: 0.6 },
  { values: [1e16, 1, -1e16], sum: 1 },
  { values: [2 ** 53 - 1, 1, -1], sum: 2 ** 53 - 1 },
  { values: [2 ** 53 - 1, 1], sum: undefined },
  { values: [2 ** 53, 1.5, 2 ** -60], sum: 2 ** 53 + 2 },
  { values: [2 ** 53, 1, 2 ** -60], sum: 2 ** 53 + 2 },
  { values: [Infinity, 1], sum: Infinity },
  { values: [Infinity, -Infinity], sum: undefined },
])("$values add up to $sum", ({ values, sum }) => expect(sumOf(values)).toBe(sum));
