/** Long texts are searched in a time that grows with their lengths, and give the results of V8. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Ambient } from "../../../../runtime/plan/contract/function-spec.ts";
import { functionNamed } from "../../../../runtime/plan/library/functions/registry.ts";
import { indexOf, splitBy } from "../../../../runtime/plan/library/functions/search.ts";
import { keyOf } from "../../../../runtime/plan/values/key.ts";
import type { Maybe, Values } from "../../../../runtime/plan/values/value.ts";

function call(name: string, ...args: Values): Maybe {
  return functionNamed(name)?.call({} as Ambient, args);
}

test("a long text is found and splits as a short one", () => {
  const unit = fc.string({ unit: fc.constantFrom("a", "b"), minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.array(unit, { minLength: 1, maxLength: 6 }), unit, unit, (units, part, end) => {
      const separator = part.repeat(2000).slice(0, 2000) + end;
      const text = units.map((one) => one.repeat(3000)).join(separator) + separator;
      expect(indexOf(text, separator)).toBe(text.indexOf(separator));
      expect(splitBy(text, separator)).toEqual(text.split(separator));
    }),
    { numRuns: 40 },
  );
});

const TEXT = "a".repeat(260_000);
const PART = `${"a".repeat(1000)}b${"a".repeat(60_000)}`;

test.each<[string, Values, Maybe]>([
  ["f_strfind", [PART, TEXT], -1],
  ["f_contains", [TEXT, PART], 0],
  ["f_split", [TEXT, PART], [TEXT]],
  ["f_strReplace", [TEXT, PART, "x"], TEXT],
  ["f_match", [`*${"a".repeat(254)}b`, TEXT.slice(0, 65_536)], 0],
  ["f_match", [`*${"a".repeat(62)}b`, TEXT.slice(0, 65_536)], 0],
])("%s of texts that agree almost everywhere takes a part of a second", (name, args, result) => {
  const start = performance.now();
  expect(call(name, ...args)).toEqual(result);
  expect(performance.now() - start).toBeLessThan(1000);
});

test.each([64n, 100n, 128n])("ids that differ from bit %s on are as fast in a set as others", (shift) => {
  const ids = Array.from({ length: 30_000 }, (_, at) => (BigInt(at) << shift) | 7n);
  const start = performance.now();
  expect(call("f_subset", ids, ids)).toBe(1);
  expect(new Map(ids.map((id) => [keyOf(id), id])).size).toBe(ids.length);
  expect(performance.now() - start).toBeLessThan(1000);
});

test("a quoted field of any length is read or refused", () => {
  expect(call("stage:CSVtuple", [`"${"x".repeat(2 ** 20)}"`])).toEqual([["x".repeat(2 ** 20)]]);
  expect(call("stage:CSVtuple", [`"${"x".repeat(2 ** 24)}"`])).toBeUndefined();
});

test("f_match finds the same texts as a regular expression", () => {
  const texts = (...characters: string[]): fc.Arbitrary<string> =>
    fc.string({ unit: fc.constantFrom(...characters), maxLength: 8 });
  const piece = texts("a", "b", "😀", "?");
  const text = texts("a", "b", "😀");
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 4 }), fc.array(text, { maxLength: 4 }), (pieces, parts) => {
      const pattern = pieces.join("*");
      // More characters than bits in a word.
      for (const long of ["", "a".repeat(40)]) {
        const matched = long + parts.join("");
        const expected = new RegExp(`^${pieces.map((one) => one.replaceAll("?", ".")).join(".*")}$`, "u").test(
          parts.join(""),
        );
        expect(call("f_match", long + pattern, matched)).toBe(Number(expected));
      }
    }),
    { numRuns: 300 },
  );
});
