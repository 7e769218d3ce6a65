import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { RoundEvents } from "../../runtime/engine/round-events.ts";
import type { Tuple } from "../../runtime/plan/values/packet.ts";
import { keyOfValues } from "../../runtime/plan/values/key.ts";
import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";
import type { Value, Values } from "../../runtime/plan/values/value.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as (options?: { type: "minor" | "major" }) => void;

/** Number of rounds, and limit of the heap in bytes that they may leave behind before a full collection. */
const ROUNDS = 50_000;
const BYTES_MAX = 2_000_000;

function event(id: number, ...args: Tuple["args"]): Tuple {
  return { predicate: { id } as PredicateSpec, args, isDelete: false };
}

test("equal events of one round are one event; the next round may have it again", () => {
  const events = new RoundEvents(2);
  const taken = (): unknown[] => {
    const all: unknown[] = [];
    for (let next = events.take(); next !== undefined; next = events.take()) all.push(next.tuple.args[0]);
    return all;
  };
  for (let time = 0; time < 2; time++) {
    for (let at = 0; at < 20; at++) events.add(event(0, at % 10), "rule");
    events.add(event(1, 0), "rule");
    expect(taken()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0]);
    events.clear();
  }
});

test("an event is new if and only if no event of the round is equal, also among many and with equal hashes", () => {
  const number = fc.constantFrom(0, -0, 1, 0.5, 0.25, NaN, 2 ** 40);
  const long = fc.nat({ max: 3 }).map((at) => Uint8Array.of(...new Uint8Array(20), at, ...new Uint8Array(20)));
  const value: fc.Arbitrary<Value> = fc.oneof(
    number,
    fc.constantFrom(null, true, "", "a", "b".repeat(40)),
    long,
    fc.array(number, { maxLength: 2 }),
  );
  fc.assert(
    fc.property(fc.array(fc.array(value, { minLength: 1, maxLength: 2 }), { maxLength: 60 }), (all) => {
      const events = new RoundEvents(1);
      for (const args of all) events.add(event(0, ...args), "rule");
      const taken: Values[] = [];
      for (let next = events.take(); next !== undefined; next = events.take()) taken.push(next.tuple.args);
      const first = new Map(all.toReversed().map((args) => [keyOfValues(args), args]));
      expect(taken).toEqual(all.filter((args) => first.get(keyOfValues(args)) === args));
    }),
  );
});

test("many events whose hashes are equal take little time", () => {
  const events = new RoundEvents(1);
  const start = process.cpuUsage().user;
  for (let at = 0; at < 20_000; at++) events.add(event(0, `${"x".repeat(20)}${at + 1e6}${"x".repeat(20)}`), "rule");
  expect((process.cpuUsage().user - start) / 1e6).toBeLessThan(2);
});

test("events of past rounds are collected soon, even if the queue is in the old generation", () => {
  const events = new RoundEvents(1);
  events.add(event(0, -1), "device");
  collect();
  const before = getHeapStatistics().used_heap_size;
  for (let round = 0; round < ROUNDS; round++) {
    events.clear();
    events.add(event(0, round), "device");
    if (round % 1_000 === 0) collect({ type: "minor" });
  }
  collect({ type: "minor" });
  collect({ type: "minor" });
  expect(getHeapStatistics().used_heap_size - before).toBeLessThan(BYTES_MAX);
});
