import fc from "fast-check";
import { expect, test } from "vitest";
import { DistinctTuples } from "../../../runtime/plan/values/distinct-tuples.ts";
import { keyOfValues } from "../../../runtime/plan/values/key.ts";
import type { Tuple } from "../../../runtime/plan/values/packet.ts";
import { arbitraryValue } from "../../arbitrary-value.ts";
import { tableSpec } from "../../predicate-spec.ts";

const PREDICATES = [tableSpec("p", 2), { ...tableSpec("q", 2), id: 1 }] as const;

const TUPLES = fc
  .tuple(fc.constantFrom(...PREDICATES), fc.array(arbitraryValue(), { minLength: 2, maxLength: 2 }), fc.boolean())
  .map(([predicate, args, isDelete]): Tuple => ({ predicate, args, isDelete }));

test("only the first of equal tuples is new, in small and large sets", () => {
  fc.assert(
    fc.property(fc.uniqueArray(TUPLES, { maxLength: 30, selector: textOf }), fc.array(fc.nat()), (tuples, repeats) => {
      const distinct = new DistinctTuples();
      for (const tuple of tuples) expect(distinct.add(tuple)).toBe(true);
      const again = tuples.length === 0 ? [] : repeats.map((at) => tuples[at % tuples.length] as Tuple);
      for (const tuple of again) expect(distinct.add({ ...tuple, args: [...tuple.args] })).toBe(false);
    }),
  );
});

test("after clearing every tuple is new", () => {
  const distinct = new DistinctTuples();
  const tuples = Array.from(
    { length: 20 },
    (_, at): Tuple => ({ predicate: PREDICATES[0], args: [at, 0], isDelete: false }),
  );
  expect(tuples.map((tuple) => distinct.add(tuple))).not.toContain(false);
  distinct.clear();
  expect(tuples.map((tuple) => distinct.add(tuple))).not.toContain(false);
});

test("adding 100,000 tuples takes linear time", () => {
  const distinct = new DistinctTuples();
  for (let at = 0; at < 100_000; at++) {
    expect(distinct.add({ predicate: PREDICATES[0], args: [at, "x"], isDelete: false })).toBe(true);
  }
});

function textOf({ predicate, args, isDelete }: Tuple): string {
  return `${predicate.id} ${isDelete} ${keyOfValues(args)}`;
}
