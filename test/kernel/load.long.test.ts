import { expect, test } from "vitest";
import { needs } from "../needs.ts";
import { cutUnderLoad, OPTIONS } from "./full-load.ts";
import { RonLab } from "./ron-lab.ts";

/** Time under full load before the cut. */
const MINUTES = Number(process.env["MOSAIC_LOAD_MINUTES"] ?? 10);

test("no link is declared dead except for the one that is cut, however long the load lasts", {
  timeout: (MINUTES + 5) * 60_000,
}, async (context) => {
  const reason = needs("root", "/dev/net/tun", "addon", "ip", "ping", "iperf3", "curl");
  if (reason !== undefined) return context.skip(reason);
  const lab = new RonLab(...OPTIONS);
  try {
    const findings = await cutUnderLoad(lab, MINUTES * 60);
    process.stdout.write(`${JSON.stringify(findings)}\n`);
    expect(findings.dead).toEqual([]);
    expect(findings.failoverMs).toBeLessThan(3_000);
    expect(findings.isReached).toBe(true);
    for (const { readCycles, overBudget } of findings.readings)
      expect(overBudget).toBeLessThanOrEqual(1 + readCycles / 100_000);
  } finally {
    await lab.close();
  }
});
