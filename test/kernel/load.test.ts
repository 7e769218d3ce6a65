import { expect, test } from "vitest";
import { needs } from "../needs.ts";
import { cutUnderLoad, OPTIONS } from "./full-load.ts";
import { RonLab } from "./ron-lab.ts";

const SECONDS = 6;

test("overloaded members know each other alive, and detect a cut", {
  timeout: 60_000,
  // A host of virtual machines may take the processor away within a read cycle. The best of several runs is the cost of the work.
  retry: 3,
}, async (context) => {
  const reason = needs("root", "/dev/net/tun", "addon", "ip", "ping", "iperf3", "curl");
  if (reason !== undefined) return context.skip(reason);
  const lab = new RonLab(...OPTIONS);
  try {
    const { dead, failoverMs, isReached, readings } = await cutUnderLoad(lab, SECONDS);
    expect(dead).toEqual([]);
    expect(failoverMs).toBeLessThan(3_000);
    expect(isReached).toBe(true);
    for (const { readCycles, overBudget, control } of readings) {
      expect(readCycles).toBeGreaterThan(1_000);
      expect(overBudget).toBeLessThanOrEqual(1 + readCycles / 100_000);
      expect(control).toBeGreaterThan(SECONDS);
      expect(control).toBeLessThan(100 * SECONDS);
    }
  } finally {
    await lab.close();
  }
});
