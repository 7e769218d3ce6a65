import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Bed } from "../../bench/tunnel/bed.ts";
import { RON } from "../../bench/tunnel/contenders/mosaic.ts";
import { roundTrip } from "../../bench/tunnel/measures.ts";
import { needs } from "../needs.ts";

/** An hour, unless the environment says otherwise. */
const MINUTES = Number(process.env["MOSAIC_SOAK_MINUTES"] ?? 60);
const SAMPLES = 60;
const FULL_LOAD_SECONDS = 5;
const COLLECTION_MS = 2000;
/** For a machine that stands still for a while: iperf3 gives up after two minutes otherwise. */
const PATIENCE_MS = 600_000;
const TELL_MEMORY = fileURLToPath(new URL("tell-memory.ts", import.meta.url));

/** What is alive may differ by what is on its way when it is counted: a batch of packets. */
const BATCH_MEGABYTES = 1;
/** The allocator's own ups and downs around it. */
const UNEVEN = 1.05;

/** In megabytes: what is alive after a collection, and what the process has of the machine. */
interface Sample {
  readonly alive: number;
  readonly resident: number;
  readonly descriptors: number;
}

const folder = mkdtempSync(join(tmpdir(), "mosaic-soak-"));
beforeAll(() => {
  process.env["MOSAIC_SOAK_FOLDER"] = folder;
  process.env["NODE_OPTIONS"] = `--import ${TELL_MEMORY}`;
});
afterAll(() => {
  delete process.env["NODE_OPTIONS"];
  rmSync(folder, { recursive: true });
});

async function sampleAll(nodes: readonly ChildProcess[]): Promise<readonly Sample[]> {
  for (const node of nodes) node.kill("SIGUSR2");
  await sleep(COLLECTION_MS);
  return nodes.map(({ pid }) => {
    const told = JSON.parse(readFileSync(join(folder, `${pid}.json`), "utf8")) as Record<"heap" | "external", number>;
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return {
      alive: (told.heap + told.external) / 1e6,
      resident: (Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024) / 1e6,
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
    };
  });
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
    bed.spawn("b", ["iperf3", "--server", "--rcv-timeout", String(PATIENCE_MS)]);
    await sleep(500);
    const client = ["iperf3", "-c", way.address];
    const text = await bed.read("a", FULL_LOAD_SECONDS * 3, [...client, "-J", "-t", String(FULL_LOAD_SECONDS)]);
    const { end } = JSON.parse(text) as { end: { sum_received: { bits_per_second: number } } };
    const half = Math.round(end.sum_received.bits_per_second / 2);
    const load = bed.spawn("a", [...client, "-b", String(half), "-t", String(MINUTES * 60)]);
    const samples: (readonly Sample[])[] = [];
    for (let at = 0; at < SAMPLES; at++) {
      await sleep((MINUTES * 60_000) / SAMPLES - COLLECTION_MS - 50);
      samples.push(await sampleAll(way.processes));
      expect(at === SAMPLES - 1 || load.exitCode === null).toBe(true);
    }
    for (const number of way.processes.keys()) {
      const of = (from: number, to: number): readonly Sample[] =>
        samples.slice(from, to).map((all) => all[number] as Sample);
      const [early, late] = [of(SAMPLES / 6, SAMPLES / 3), of(-SAMPLES / 6, SAMPLES)];
      const [alive, aliveLate] = [early, late].map((some) => median(some.map((each) => each.alive))) as [
        number,
        number,
      ];
      const [resident, residentLate] = [early, late].map((some) => median(some.map((each) => each.resident))) as [
        number,
        number,
      ];
      process.stdout.write(
        `node ${number}, at ${half} bit/s, in MB, early and late: ` +
          `alive ${alive.toFixed(1)} ${aliveLate.toFixed(1)}, resident ${resident.toFixed(0)} ${residentLate.toFixed(0)}\n`,
      );
      expect(aliveLate).toBeLessThan(alive + BATCH_MEGABYTES);
      expect(residentLate).toBeLessThan(resident * UNEVEN);
      expect(new Set([...early, ...late].map(({ descriptors }) => descriptors)).size).toBe(1);
    }
  } finally {
    bed.close();
  }
});
