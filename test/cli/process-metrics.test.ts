import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { processMetrics } from "../../src/cli/run/process-metrics.ts";

/** Processor time of this process as the system shows it, in seconds: its own, and what the kernel did for it. */
function processorTime(): { readonly own: number; readonly kernel: number } {
  const TICKS_PER_SECOND = 100;
  // Behind the name of the command, which may have spaces.
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ")[1]?.split(" ") ?? [];
  return { own: Number(fields[11]) / TICKS_PER_SECOND, kernel: Number(fields[12]) / TICKS_PER_SECOND };
}

test("the processor time of the process is its own and the kernel's for it", () => {
  while (processorTime().kernel < 0.2);
  const { own, kernel } = processorTime();
  const told = processMetrics().find(({ name }) => name === "process_cpu_seconds_total")?.samples[0]?.value;
  expect(Math.abs((told ?? NaN) - own - kernel)).toBeLessThan(0.1);
});
