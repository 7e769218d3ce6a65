import { expect, test } from "vitest";
import { streamOf } from "../../runtime/world/random.ts";

const draws = <T>(count: number, draw: () => T): readonly T[] => Array.from({ length: count }, draw);

test("the same seed and name give the same numbers", () => {
  const [one, other] = [streamOf(7, "link"), streamOf(7, "link")];
  expect(draws(50, () => one.next())).toEqual(draws(50, () => other.next()));
});

test("another seed or another name gives other numbers", () => {
  const first = [streamOf(7, "link"), streamOf(8, "link"), streamOf(7, "knil")].map((stream) => stream.next());
  expect(new Set(first).size).toBe(3);
});

test("numbers are uniform from 0 to 1", () => {
  const stream = streamOf(1, "even");
  const values = draws(20_000, () => stream.next());
  expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...values)).toBeLessThan(1);
  for (let tenth = 0; tenth < 10; tenth++) {
    const share = values.filter((value) => Math.floor(value * 10) === tenth).length / values.length;
    expect(share).toBeCloseTo(0.1, 1);
  }
});

test("integers stay below their bound, and take every value", () => {
  const stream = streamOf(1, "whole");
  expect(new Set(draws(1000, () => stream.integer(6)))).toEqual(new Set([0, 1, 2, 3, 4, 5]));
});

test("ids have 160 uniform bits", () => {
  const stream = streamOf(1, "ids");
  const ids = draws(400, () => stream.id160());
  expect(ids.every((id) => id >= 0n && id < 1n << 160n)).toBe(true);
  for (let bit = 0n; bit < 160n; bit++) {
    const set = ids.filter((id) => ((id >> bit) & 1n) === 1n).length;
    expect(set / ids.length, `bit ${bit}`).toBeGreaterThan(0.3);
    expect(set / ids.length, `bit ${bit}`).toBeLessThan(0.7);
  }
});
