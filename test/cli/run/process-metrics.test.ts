import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { processMetrics } from "../../../src/cli/run/process-metrics.ts";

/** User and system time of this process in seconds, from /proc. */
function processorTime(): { readonly own: number; readonly kernel: number } {
  const TICKS_PER_SECOND = 100;
  // The fields follow the name of the command, which may contain spaces.
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1]?.split(" ") ?? [];
  return { own: Number(fields[11]) / TICKS_PER_SECOND, kernel: Number(fields[12]) / TICKS_PER_SECOND };
}

test("the CPU time of the process is the sum of user and system time", () => {
  while (processorTime().kernel < 0.2);
  const { own, kernel } = processorTime();
  const reported = processMetrics().find(({ name }) => name === "process_cpu_seconds_total")?.samples[0]?.value;
  expect(Math.abs((reported ?? NaN) - own - kernel)).toBeLessThan(0.1);
});
