import { expect, test } from "vitest";
import { Backlog } from "../../runtime/device/backlog.ts";

test("what came together is taken in order, and what is left after a millisecond in the next turn", () => {
  const taken: number[] = [];
  const batch = new Backlog((at) => {
    taken.push(at);
    for (const end = performance.now() + 0.5; performance.now() < end; );
  });
  expect(batch.run(17)).toBe(true);
  expect(taken.length).toBeLessThan(4);
  let turns = 1;
  while (batch.run()) turns++;
  expect(taken).toEqual(Array.from({ length: 17 }, (_, at) => at));
  expect(turns).toBeGreaterThan(4);
});

test("a turn without anything new takes nothing", () => {
  const taken: number[] = [];
  const batch = new Backlog((at) => taken.push(at));
  expect(batch.run(2)).toBe(false);
  expect(batch.run()).toBe(false);
  expect(taken).toEqual([0, 1]);
});
