import { afterEach, expect, test, vi } from "vitest";
import type { Device } from "../../../runtime/world/world.ts";
import { DeviceWatch } from "../../../src/cli/run/device-watch.ts";

afterEach(() => void vi.useRealTimers());

/** Watches a device whose `restore` is given. Adds the lines of the log to `lines`. */
function watching(device: Pick<Device, "problem" | "restore">, restores: boolean, lines: string[]): DeviceWatch {
  return new DeviceWatch({ name: "moz", ...device }, restores, {
    info: (line) => lines.push(`info ${line}`),
    warn: (line) => lines.push(`warning ${line}`),
  });
}

test("the log of a device names each change of its state once, while the node runs", () => {
  vi.useFakeTimers();
  const lines: string[] = [];
  let state: string | undefined;
  const watch = watching({ problem: () => state }, false, lines);
  for (const next of [undefined, "moz is down", "moz is down", "moz has lost its address", undefined, undefined]) {
    state = next;
    vi.advanceTimersByTime(1_000);
  }
  expect(lines).toEqual([
    "warning no packets: moz is down",
    "warning no packets: moz has lost its address",
    "info the device moz carries packets again",
  ]);
  watch.stop();
  state = "moz is down";
  vi.advanceTimersByTime(10_000);
  expect(lines).toHaveLength(3);
});

test("a device is restored as soon as it is seen broken, and only if that is asked for", () => {
  vi.useFakeTimers();
  const lines: string[] = [];
  let state: string | undefined = "moz is gone";
  const device = { problem: () => state, restore: (): void => void (state = undefined) };
  using _ = stopping(watching(device, false, []));
  vi.advanceTimersByTime(60_000);
  expect(state).toBe("moz is gone");
  using __ = stopping(watching(device, true, lines));
  vi.advanceTimersByTime(1_000);
  expect(lines).toEqual(["warning no packets: moz is gone", "info restored the device moz: it carries packets again"]);
});

test("attempts to restore a device come after 1, 2, 4 and up to 30 s, and at once again after a minute without problem", () => {
  vi.useFakeTimers();
  let state: string | undefined = "moz is gone";
  let attempts: number[] = [];
  const start = Date.now();
  const restore = (): void => void attempts.push((Date.now() - start) / 1_000);
  using _ = stopping(watching({ problem: () => state, restore }, true, []));
  vi.advanceTimersByTime(100_000);
  expect(attempts).toEqual([1, 2, 4, 8, 16, 32, 62, 92]);
  state = undefined;
  vi.advanceTimersByTime(60_000);
  state = "moz is gone";
  attempts = [];
  vi.advanceTimersByTime(5_000);
  expect(attempts).toEqual([161, 162, 164]);
});

function stopping(watch: DeviceWatch): Disposable {
  return { [Symbol.dispose]: () => watch.stop() };
}
