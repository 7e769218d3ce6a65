import { beforeEach, expect, test } from "vitest";
import { SimClock } from "../../runtime/sim/sim-clock.ts";
import { VirtualTime } from "../../runtime/sim/virtual-time.ts";

let time: VirtualTime;
let clock: SimClock;
let seen: string[];

beforeEach(() => {
  time = new VirtualTime();
  clock = new SimClock(time);
  seen = [];
});

const note = (name: string): (() => void) => {
  return () => void seen.push(`${clock.now()} ${name}`);
};

test("timers fire at their time, and time stops at the given time", () => {
  clock.at(2, note("b"));
  clock.at(1, note("a"));
  clock.at(5, note("c"));
  expect(time.runUntil(3)).toEqual({ kind: "reached" });
  expect(seen).toEqual(["1 a", "2 b"]);
  expect(clock.now()).toBe(3);
});

test("a past time, and `soon`, mean now", () => {
  time.runUntil(4);
  clock.at(1, note("past"));
  clock.at(Number.NaN, note("none"));
  time.runUntil(4);
  expect(seen).toEqual(["4 past", "4 none"]);
});

test("no timer fires within the call that set it", () => {
  clock.at(1, () => {
    clock.soon(note("soon"));
    clock.at(0, note("at once"));
    note("first")();
  });
  time.runUntil(1);
  expect(seen).toEqual(["1 first", "1 soon", "1 at once"]);
});

test("a cancelled timer does not fire, and may be cancelled twice", () => {
  const timer = clock.at(1, note("never"));
  timer.cancel();
  timer.cancel();
  time.runUntil(2);
  expect(seen).toEqual([]);
});

test("cancelling many timers does not affect the others", () => {
  const timers = Array.from({ length: 5000 }, (_, at) => clock.at(1 + at / 1000, note(`${at}`)));
  for (const [at, timer] of timers.entries()) if (at % 1000 !== 0) timer.cancel();
  time.runUntil(10);
  expect(seen).toEqual(["1 0", "2 1000", "3 2000", "4 3000", "5 4000"]);
});

test("a stopped clock fires nothing, and others continue", () => {
  const other = new SimClock(time);
  clock.at(1, note("stopped"));
  clock.soon(note("stopped too"));
  other.at(1, note("other"));
  clock.stop();
  time.runUntil(2);
  expect(seen).toEqual(["1 other"]);
});

test("a program that lets no time pass is stopped, and the time is reported", () => {
  const again = (): void => clock.soon(again);
  clock.at(3, again);
  expect(time.runUntil(10)).toEqual({ kind: "stuck", at: 3 });
});

test("a pause comes after the current event, and loses nothing", () => {
  for (const at of [1, 1, 2]) clock.at(at, note(`due at ${at}`));
  const outcomes = Array.from({ length: 4 }, () => time.runUntil(3, () => true).kind);
  expect(outcomes).toEqual(["paused", "paused", "paused", "reached"]);
  expect(seen).toEqual(["1 due at 1", "1 due at 1", "2 due at 2"]);
  expect(time.now).toBe(3);
});

test("a program that lets no time pass is detected across pauses", () => {
  const again = (): void => clock.soon(again);
  clock.at(3, again);
  let kind = "paused";
  let asked = 0;
  while (kind === "paused") ({ kind } = time.runUntil(10, () => ++asked % 1_000_000 === 0));
  expect([kind, time.now]).toEqual(["stuck", 3]);
});
