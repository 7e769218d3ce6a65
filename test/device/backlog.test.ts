import { expect, test } from "vitest";
import { Backlog } from "../../runtime/device/backlog.ts";

test("trains of a read cycle are taken in order, and those left after a millisecond in the next time slice", () => {
  const taken: number[] = [];
  const backlog = new Backlog((at) => {
    taken.push(at);
    for (const end = performance.now() + 0.5; performance.now() < end; );
  });
  expect(backlog.run(17)).toBe(true);
  expect(taken.length).toBeLessThan(4);
  let slices = 1;
  while (backlog.run()) slices++;
  expect(taken).toEqual(Array.from({ length: 17 }, (_, at) => at));
  expect(slices).toBeGreaterThan(4);
});

test("a run without new trains takes nothing", () => {
  const taken: number[] = [];
  const backlog = new Backlog((at) => taken.push(at));
  expect(backlog.run(2)).toBe(false);
  expect(backlog.run()).toBe(false);
  expect(taken).toEqual([0, 1]);
});
