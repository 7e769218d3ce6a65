/**
 * Results of aggregates after each change, in groups small and large: those of an accumulator that sees all values of the group at once.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MaintainedAggregate } from "../../runtime/engine/derived/maintained-aggregate.ts";
import { defaultLimits } from "../../runtime/engine/limits/limits.ts";
import { MemoryUse } from "../../runtime/engine/limits/memory-use.ts";
import { Journal } from "../../runtime/engine/tables/journal.ts";
import type { AggregateKind, AggregateSpec } from "../../runtime/plan/contract/plan.ts";
import { accumulator } from "../../runtime/plan/library/aggregates/accumulator.ts";
import { keyOfValues } from "../../runtime/plan/values/key.ts";
import type { Value, Values } from "../../runtime/plan/values/value.ts";
import { arbitraryNumber, arbitraryValue } from "../arbitrary-value.ts";

const KINDS: readonly AggregateKind[] = ["min", "max", "count", "sum", "avg", "countDistinct", "list", "set", "union"];

/** Sums of larger numbers overflow, and then depend on the order of the numbers. */
const LARGEST = 1e300;

/** Change of a group: a value that is added, or the removal of one of its values. `isUndone` takes the change back at once. */
interface Change {
  readonly value: Value;
  readonly removes: number | undefined;
  readonly isUndone: boolean;
}

/** A group of one aggregate rule, with columns for the group, the aggregate, and the winner of a `min` or `max`. */
class OneGroup {
  readonly #journal = new Journal(new MemoryUse(defaultLimits, () => 0));
  readonly #aggregate: MaintainedAggregate;
  readonly #kind: AggregateKind;
  readonly #rows: Values[] = [];
  result: Values | undefined;

  constructor(kind: AggregateKind) {
    this.#kind = kind;
    this.#aggregate = new MaintainedAggregate(specOf(kind), this.#journal);
  }

  apply({ value, removes, isUndone }: Change): void {
    const before = this.result;
    const row = removes === undefined ? [0, value, winnerOf(value)] : this.#rows[removes % this.#rows.length];
    if (row === undefined) return;
    this.#contribute(row, removes === undefined ? 1 : -1);
    if (!isUndone) {
      this.#journal.endStep();
      if (removes === undefined) this.#rows.push(row);
      else this.#rows.splice(removes % this.#rows.length, 1);
      return;
    }
    this.#journal.undo();
    this.result = before;
  }

  #contribute(row: Values, sign: 1 | -1): void {
    this.#aggregate.contribute(this.#isExtreme ? row : row.slice(0, 2), sign);
    this.#aggregate.flush((values, change) => {
      this.result = change < 0 ? undefined : values;
    });
  }

  get #isExtreme(): boolean {
    return this.#kind === "min" || this.#kind === "max";
  }

  /** Result by an accumulator over all rows. */
  get expected(): Values | undefined {
    if (this.#rows.length === 0) return undefined;
    const all = accumulator(this.#kind);
    if (!this.#rows.every(([, value, winner]) => all.add(value as Value, 1, [winner as Value]))) return undefined;
    const result = all.result();
    if (result === undefined) return undefined;
    return this.#isExtreme ? [0, result, all.winner(0)] : [0, result];
  }
}

function specOf(kind: AggregateKind): AggregateSpec {
  const columns: AggregateSpec["columns"] = [{ kind: "group" }, { kind: "aggregate", function: kind }];
  const isExtreme = kind === "min" || kind === "max";
  return { columns: isExtreme ? [...columns, { kind: "winner" }] : columns, hasProofs: false };
}

/** Text of a result: equal for equal results, 0 and -0 included. */
function keyOf(result: Values | undefined): string | undefined {
  return result && keyOfValues(result);
}

/** Column beside the value: few values, so that rows of equal value differ in it or do not. */
function winnerOf(value: Value): Value {
  return typeof value === "number" ? Math.abs(Math.trunc(value)) % 3 : "none";
}

function changes(value: fc.Arbitrary<Value>, length: number): fc.Arbitrary<Change[]> {
  const removes = fc.option(fc.nat(), { nil: undefined, freq: 1 });
  const change = fc.record({ value, removes, isUndone: fc.boolean() });
  return fc.array(change, { minLength: length, maxLength: 2 * length, size: "max" });
}

const tame = arbitraryNumber().filter((value) => !(Math.abs(value) > LARGEST) || !Number.isFinite(value));
const VALUES = {
  "few numbers": fc.integer({ min: -3, max: 3 }),
  numbers: tame,
  values: fc.oneof({ weight: 9, arbitrary: tame }, { weight: 1, arbitrary: arbitraryValue() }),
} as const;

describe.for(KINDS)("%s", (kind) => {
  test.for(Object.entries(VALUES))("follows each change of a group of %s", ([, value]) => {
    const check = (all: readonly Change[]): void => {
      const group = new OneGroup(kind);
      for (const change of all) {
        group.apply(change);
        expect(keyOf(group.result)).toBe(keyOf(group.expected));
      }
    };
    fc.assert(fc.property(changes(value, 40), check), { numRuns: 8 });
  });
});

test("a sum that has overflowed becomes finite again", () => {
  const group = new OneGroup("sum");
  const add = (value: number): void => group.apply({ value, removes: undefined, isUndone: false });
  for (let value = 0; value < 20; value++) add(value);
  add(Number.MAX_VALUE);
  add(Number.MAX_VALUE);
  expect(group.result).toEqual([0, Infinity]);
  group.apply({ value: 0, removes: 21, isUndone: false });
  expect(group.result).toEqual([0, Number.MAX_VALUE]);
});
