import { expect, test } from "vitest";
import { needs } from "../needs.ts";
import { testDownload } from "./download.ts";
import { Pings } from "./pings.ts";
import { RonLab, sleep, underlay, until } from "./ron-lab.ts";

const TRIALS = 10;

/** Bounds in seconds: outage after a cut in the worst trial, and return to the direct path after a heal. */
const PROFILES = [
  { profile: "fast", worst: 3, back: 20, settle: 3 },
  { profile: "paper", worst: 20, back: 40, settle: 30 },
] as const;

test.for(PROFILES)(
  "$profile: the worst outage of ten cuts",
  { timeout: 1_800_000 },
  async ({ profile, worst, back, settle }, context) => {
    const reason = needs("root", "/dev/net/tun", "addon", "ip", "ping");
    if (reason !== undefined) return context.skip(reason);
    const lab = new RonLab("-D", `PROFILE=${profile}`);
    const outages: number[] = [];
    try {
      await sleep(settle * 1_000);
      const pings = new Pings(lab, "a", "b");
      await sleep(1_000);
      for (let trial = 0; trial < TRIALS; trial++) {
        await sleep(137 * trial);
        const cutAt = Date.now();
        lab.cut("a", "b");
        expect(await until(() => pings.outageAfter(cutAt) !== undefined, 60_000)).toBe(true);
        outages.push(pings.outageAfter(cutAt) ?? Infinity);
        lab.heal("a", "b");
        const isBack = (): boolean => lab.next("a", "b") === underlay("b") && lab.next("b", "a") === underlay("a");
        expect(await until(isBack, back * 1_000)).toBe(true);
        await sleep(500);
      }
      pings.stop();
    } finally {
      await lab.close();
    }
    process.stdout.write(`${profile}: outages in ms ${outages.join(" ")}\n`);
    expect(Math.max(...outages)).toBeLessThanOrEqual(worst * 1_000);
  },
);

testDownload({ megabytes: Number(process.env["MOSAIC_DOWNLOAD_MB"] ?? 100), perSecond: 12 });
