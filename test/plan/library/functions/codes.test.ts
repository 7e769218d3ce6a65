import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Ambient } from "../../../../runtime/plan/contract/function-spec.ts";
import { functionNamed } from "../../../../runtime/plan/library/functions/registry.ts";
import { inverse, times } from "../../../../runtime/plan/library/functions/field.ts";
import type { Value, Values } from "../../../../runtime/plan/values/value.ts";

function call(name: string, ...args: Values): Value | undefined {
  return functionNamed(name)?.call({} as Ambient, args);
}

const element = fc.nat({ max: 255 });

test("GF(256) is a field: products commute, associate and distribute, and every element but 0 has an inverse", () => {
  fc.assert(
    fc.property(element, element, element, (a, b, c) => {
      expect(times(a, b)).toBe(times(b, a));
      expect(times(times(a, b), c)).toBe(times(a, times(b, c)));
      expect(times(a, b ^ c)).toBe(times(a, b) ^ times(a, c));
    }),
  );
  for (let one = 1; one < 256; one++) expect(times(one, inverse(one))).toBe(1);
});

test("any N rows of a code recover the N byte strings", () => {
  const groups = fc.integer({ min: 1, max: 20 }).chain((count) =>
    fc.record({
      strings: fc.array(fc.uint8Array({ minLength: 5, maxLength: 5 }), { minLength: count, maxLength: count }),
      rows: fc.shuffledSubarray(
        Array.from({ length: 256 }, (_, row) => row),
        { minLength: count, maxLength: count },
      ),
    }),
  );
  fc.assert(
    fc.property(groups, ({ strings, rows }) => {
      const pairs = rows.map((index): Value => {
        const row = call("f_code", index, strings.length) as Values;
        const mixed = call(
          "f_mix",
          row.map((by, at): Value => [by, strings[at] as Uint8Array]),
        );
        return [row, mixed as Value];
      });
      expect(call("f_unmix", strings.length, pairs)).toEqual(strings);
      expect(call("f_unmix", strings.length, pairs.slice(1))).toBeUndefined();
    }),
    { numRuns: 60 },
  );
});

test("rows that depend on others are skipped", () => {
  const strings = [Uint8Array.of(1), Uint8Array.of(2)];
  const pairs = [
    [1, 0],
    [1, 0],
    [3, 0],
    [7, 9],
  ].map(
    (row): Value => [
      row,
      call(
        "f_mix",
        row.map((by, at): Value => [by, strings[at] as Uint8Array]),
      ) as Value,
    ],
  );
  expect(call("f_unmix", 2, pairs)).toEqual(strings);
});

test("costly calls fail", () => {
  const long = new Uint8Array(2 ** 20);
  expect(
    call(
      "f_mix",
      Array.from({ length: 17 }, (): Value => [2, long]),
    ),
  ).toBeUndefined();
  const wide = Array.from({ length: 200 }, (_, at): Value => [call("f_code", at, 200) as Value, long]);
  expect(call("f_unmix", 200, wide)).toBeUndefined();
  expect(
    call(
      "f_unmix",
      1,
      Array.from({ length: 1025 }, (): Value => [[1], Uint8Array.of(1)]),
    ),
  ).toBeUndefined();
});

describe("f_unmix gives up where it would take long", () => {
  const rowsOf = (indices: readonly number[], count: number, length: number): Value =>
    indices.map((index): Value => [call("f_code", index, count) as Values, new Uint8Array(length).fill(index)]);
  const indices = (from: number, count: number): readonly number[] =>
    Array.from({ length: count }, (_, at) => from + at);

  test.each<[string, number, Value, boolean]>([
    ["strings that arrived as they are", 255, rowsOf(indices(0, 255), 255, 2060), true],
    ["64 repair strings", 64, rowsOf(indices(64, 64), 64, 1400), true],
    ["128 repair strings", 128, rowsOf(indices(128, 128), 128, 2000), false],
    [
      "a thousand rows that depend on each other",
      255,
      indices(0, 1024).map(
        (row): Value => [
          indices(0, 255).map((column) =>
            column === 254 ? 0 : (row * 7 + column * column * 3 + ((row * column) % 251)) % 256,
          ),
          new Uint8Array(1),
        ],
      ),
      false,
    ],
  ])("%s", (_, count, rows, isSolved) => {
    const start = performance.now();
    expect(call("f_unmix", count, rows) !== undefined).toBe(isSolved);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
