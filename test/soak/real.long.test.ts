import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { TestBed } from "../../bench/harness/test-bed.ts";
import { RON } from "../../bench/tunnel/contenders/mosaic.ts";
import { roundTrip } from "../../bench/tunnel/measures.ts";
import { needs } from "../needs.ts";
import { type MemorySample, MemoryProbe } from "./memory-probe.ts";

/** Duration of the load in minutes. */
const MINUTES = Number(process.env["MOSAIC_SOAK_MINUTES"] ?? 60);
const SAMPLES = 60;
const FULL_LOAD_SECONDS = 5;
const COLLECTION_MS = 2000;
/** Timeout of iperf3, for a machine that stalls for a while. Its default is two minutes. */
const TIMEOUT_MS = 600_000;

/** Allowed growth of live memory: a batch of packets in flight. */
const BATCH_MEGABYTES = 1;
/** Allowed growth factor of resident memory, for fluctuations of the allocator. */
const TOLERANCE = 1.05;

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? NaN;
}

test("nodes at half load do not grow in memory or descriptors", { timeout: 7_200_000 }, async (context) => {
  const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "ping", "iperf3");
  if (reason !== undefined) return context.skip(reason);
  using probe = new MemoryProbe();
  const bed = new TestBed();
  try {
    const tunnel = RON.start(bed, 1);
    await expect.poll(() => roundTrip(bed, tunnel, 0.05), { timeout: 20_000 }).not.toBeNaN();
    bed.spawn("b", ["iperf3", "--server", "--rcv-timeout", String(TIMEOUT_MS)]);
    await sleep(500);
    const client = ["iperf3", "-c", tunnel.address];
    const text = await bed.read("a", FULL_LOAD_SECONDS * 3, [...client, "-J", "-t", String(FULL_LOAD_SECONDS)]);
    const { end } = JSON.parse(text) as { end: { sum_received: { bits_per_second: number } } };
    const half = Math.round(end.sum_received.bits_per_second / 2);
    const load = bed.spawn("a", [...client, "-b", String(half), "-t", String(MINUTES * 60)]);
    const samples: (readonly MemorySample[])[] = [];
    for (let at = 0; at < SAMPLES; at++) {
      await sleep((MINUTES * 60_000) / SAMPLES - COLLECTION_MS - 50);
      samples.push(
        await probe.sample(
          tunnel.processes.map(({ pid = 0 }) => pid),
          COLLECTION_MS,
        ),
      );
      expect(at === SAMPLES - 1 || load.exitCode === null).toBe(true);
    }
    for (const number of tunnel.processes.keys()) {
      const of = (from: number, to: number): readonly MemorySample[] =>
        samples.slice(from, to).map((all) => all[number] as MemorySample);
      const [early, late] = [of(SAMPLES / 6, SAMPLES / 3), of(-SAMPLES / 6, SAMPLES)];
      const [live, liveLate] = [early, late].map((some) => median(some.map((each) => each.live))) as [number, number];
      const [resident, residentLate] = [early, late].map((some) => median(some.map((each) => each.resident))) as [
        number,
        number,
      ];
      process.stdout.write(
        `node ${number}, at ${half} bit/s, in MB, early and late: ` +
          `alive ${live.toFixed(1)} ${liveLate.toFixed(1)}, resident ${resident.toFixed(0)} ${residentLate.toFixed(0)}\n`,
      );
      expect(liveLate).toBeLessThan(live + BATCH_MEGABYTES);
      expect(residentLate).toBeLessThan(resident * TOLERANCE);
      expect(new Set([...early, ...late].map(({ descriptors }) => descriptors)).size).toBe(1);
    }
  } finally {
    bed.close();
  }
});
