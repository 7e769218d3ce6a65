import type { ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { Bed } from "../../bench/tunnel/bed.ts";
import { RON } from "../../bench/tunnel/contenders/mosaic.ts";
import { roundTrip } from "../../bench/tunnel/measures.ts";
import { needs } from "../needs.ts";

/** An hour, unless the environment says otherwise. */
const MINUTES = Number(process.env["MOSAIC_SOAK_MINUTES"] ?? 60);
const SAMPLES = 60;
const FULL_LOAD_SECONDS = 5;
/** By how much the heap's own ups and downs may differ between two stretches of time. */
const UNEVEN = 1.1;

interface Sample {
  readonly memory: number;
  readonly descriptors: number;
}

function sampleOf({ pid }: ChildProcess): Sample {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const memory = Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  return { memory, descriptors: readdirSync(`/proc/${pid}/fd`).length };
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? NaN;
}

test("nodes at half load grow neither in memory nor in descriptors", { timeout: 7_200_000 }, async (context) => {
  const reason = needs("root", "network namespaces", "/dev/net/tun", "addon", "ip", "ping", "iperf3");
  if (reason !== undefined) return context.skip(reason);
  const bed = new Bed();
  try {
    const way = RON.start(bed, 1);
    await expect.poll(() => roundTrip(bed, way, 0.05), { timeout: 20_000 }).not.toBeNaN();
    bed.spawn("b", ["iperf3", "--server"]);
    await sleep(500);
    const client = ["iperf3", "-c", way.address];
    const text = await bed.read("a", FULL_LOAD_SECONDS * 3, [...client, "-J", "-t", String(FULL_LOAD_SECONDS)]);
    const { end } = JSON.parse(text) as { end: { sum_received: { bits_per_second: number } } };
    const half = Math.round(end.sum_received.bits_per_second / 2);
    const load = bed.spawn("a", [...client, "-b", String(half), "-t", String(MINUTES * 60)]);
    const samples: Sample[][] = [];
    for (let at = 0; at < SAMPLES; at++) {
      await sleep((MINUTES * 60_000) / SAMPLES - 50);
      samples.push(way.processes.map(sampleOf));
      expect(at === SAMPLES - 1 || load.exitCode === null).toBe(true);
    }
    for (const number of way.processes.keys()) {
      const of = (from: number, to: number): readonly Sample[] =>
        samples.slice(from, to).map((all) => all[number] as Sample);
      const [early, late] = [of(SAMPLES / 6, SAMPLES / 3), of(-SAMPLES / 6, SAMPLES)];
      const [before, after] = [early, late].map((some) => median(some.map(({ memory }) => memory)));
      process.stdout.write(
        `node ${number}, at ${half} bit/s: ${before?.toFixed(0)} MB early, ${after?.toFixed(0)} MB late\n`,
      );
      expect(after).toBeLessThan((before ?? 0) * UNEVEN);
      expect(new Set([...early, ...late].map(({ descriptors }) => descriptors)).size).toBe(1);
    }
  } finally {
    bed.close();
  }
});
