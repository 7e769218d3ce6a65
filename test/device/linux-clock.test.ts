import { performance } from "node:perf_hooks";
import { afterEach, describe, expect, test, vi } from "vitest";
import { LinuxClock } from "../../runtime/device/linux-clock.ts";

const clock = new LinuxClock();

describe("the Linux clock", () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  test("never fires early", async () => {
    const times = Array.from({ length: 200 }, (_, i) => clock.now() + i / 3000);
    const early = await Promise.all(times.map(async (time) => (await firing(time)) < time));
    expect(early).not.toContain(true);
  });

  test("fires overdue timers soon, but not within the call", async () => {
    const order: string[] = [];
    const fired = new Promise<void>((resolve) => {
      clock.at(clock.now() - 1, () => {
        order.push("fired");
        resolve();
      });
    });
    order.push("returned");
    await fired;
    expect(order).toEqual(["returned", "fired"]);
  });

  test("does not fire cancelled timers", async () => {
    const fire = vi.fn<() => void>();
    clock.at(clock.now() - 1, fire).cancel();
    clock.at(clock.now() + 0.002, fire).cancel();
    await firing(clock.now() + 0.01);
    expect(fire).not.toHaveBeenCalled();
  });

  test("waits longer than setTimeout can", () => {
    vi.useFakeTimers();
    vi.spyOn(performance, "now").mockImplementation(() => Date.now());
    const fire = vi.fn<() => void>();
    const days = 30 * 86_400;
    clock.at(clock.now() + days, fire);
    vi.advanceTimersByTime(days * 1000 - 10);
    expect(fire).not.toHaveBeenCalled();
    vi.advanceTimersByTime(20);
    expect(fire).toHaveBeenCalledOnce();
  });

  test("sets no timeout with a negative delay when the time comes while the timer is created", () => {
    const readings = [1_000, 1_002];
    vi.spyOn(performance, "now").mockImplementation(() => readings.shift() ?? 1_002);
    const setTimeoutSpy = vi.spyOn(globalThis, "setTimeout");
    clock.at(1.001, () => undefined).cancel();
    expect(setTimeoutSpy.mock.calls.map(([, delay]) => delay)).toEqual([1]);
  });

  test("runs waiting microtasks before `soon`", async () => {
    const order: string[] = [];
    const done = new Promise<void>((resolve) => {
      clock.soon(() => {
        order.push("soon");
        resolve();
      });
    });
    queueMicrotask(() => order.push("waiting"));
    await done;
    expect(order).toEqual(["waiting", "soon"]);
  });
});

function firing(time: number): Promise<number> {
  return new Promise((resolve) => clock.at(time, () => resolve(clock.now())));
}
