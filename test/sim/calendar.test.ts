import fc from "fast-check";
import { expect, test } from "vitest";
import { Calendar } from "../../runtime/sim/calendar.ts";

function takeAll<Item>(calendar: Calendar<Item>): readonly Item[] {
  return Array.from({ length: calendar.size }, () => calendar.take() as Item);
}

test("items leave by time, and by order of addition among equals", () => {
  const times = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 200 });
  fc.assert(
    fc.property(times, (all) => {
      const calendar = new Calendar<number>();
      for (const [item, time] of all.entries()) calendar.add(time, item);
      const expected = [...all.keys()].sort((a, b) => (all[a] as number) - (all[b] as number) || a - b);
      expect(takeAll(calendar)).toEqual(expected);
    }),
  );
});

test("the order holds while items are added and removed", () => {
  const steps = fc.array(fc.option(fc.integer({ min: 0, max: 20 })), { maxLength: 300 });
  fc.assert(
    fc.property(steps, (all) => {
      const calendar = new Calendar<{ time: number; added: number }>();
      const model: { time: number; added: number }[] = [];
      for (const [added, time] of all.entries()) {
        const taken = time === null ? [calendar.take(), model.shift()] : [];
        expect(taken[0]).toEqual(taken[1]);
        if (time !== null) {
          calendar.add(time, { time, added });
          model.push({ time, added });
          model.sort((a, b) => a.time - b.time || a.added - b.added);
        }
        expect(calendar.nextTime).toBe(model[0]?.time ?? Infinity);
      }
      expect(takeAll(calendar)).toEqual(model);
    }),
  );
});

test("`retain` removes items, and the others keep their order", () => {
  const calendar = new Calendar<number>();
  for (let item = 0; item < 100; item++) calendar.add(item % 7, item);
  calendar.retain((item) => item % 3 === 0);
  const kept = [...Array(100).keys()].filter((item) => item % 3 === 0);
  expect(takeAll(calendar)).toEqual(kept.sort((a, b) => (a % 7) - (b % 7) || a - b));
  expect(calendar.take()).toBeUndefined();
});
