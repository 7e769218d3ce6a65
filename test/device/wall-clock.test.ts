import { expect, test } from "vitest";
import { WallClock } from "../../runtime/device/wall-clock.ts";

/** A wall clock over two clocks of the test, in milliseconds. */
function manualClock(): { realtime: number; monotonic: number; readonly wall: WallClock } {
  const clocks = { realtime: 1_700_000_000_000, monotonic: 5_000 };
  const wall = new WallClock(
    () => clocks.realtime,
    () => clocks.monotonic,
  );
  return Object.assign(clocks, { wall });
}

test("the wall clock has the resolution of the monotonic clock", () => {
  const clocks = manualClock();
  clocks.monotonic += 0.25;
  expect(clocks.wall.now()).toBeCloseTo(1_700_000_000.00025, 6);
});

test.for([3_600, -3_600, 0.5, -0.5])("the wall clock follows a step of the system clock by %d s", (step) => {
  const clocks = manualClock();
  clocks.realtime += 1_000 + step * 1_000;
  clocks.monotonic += 1_000;
  expect(clocks.wall.now()).toBeCloseTo(1_700_000_001 + step, 6);
  clocks.monotonic += 0.5;
  expect(clocks.wall.now()).toBeCloseTo(1_700_000_001.0005 + step, 6);
});

test("the wall clock of this host is the time of the system", () => {
  expect(Math.abs(new WallClock().now() - Date.now() / 1e3)).toBeLessThan(0.1);
});
