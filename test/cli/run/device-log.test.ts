import { afterEach, expect, test, vi } from "vitest";
import { DeviceLog } from "../../../src/cli/run/device-log.ts";

afterEach(() => void vi.useRealTimers());

test("the log of a device names each change of its state once, while the node runs", () => {
  vi.useFakeTimers();
  const lines: string[] = [];
  let state: string | undefined;
  const log = new DeviceLog(
    { name: "moz", problem: () => state },
    { info: (line) => lines.push(`info ${line}`), warn: (line) => lines.push(`warning ${line}`) },
  );
  for (const next of [undefined, "moz is down", "moz is down", "moz has lost its address", undefined, undefined]) {
    state = next;
    vi.advanceTimersByTime(1_000);
  }
  expect(lines).toEqual([
    "warning no packets: moz is down",
    "warning no packets: moz has lost its address",
    "info the device moz carries packets again",
  ]);
  log.stop();
  state = "moz is down";
  vi.advanceTimersByTime(10_000);
  expect(lines).toHaveLength(3);
});
