import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { RonNetwork } from "../sim/ron-network.ts";

const HOURS = 24;
const HOUR = 3600;
const NODES = 5;
/** Allowed difference of the heap between two measurements, for garbage that remains. */
const TOLERANCE_BYTES = 1 << 20;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function heapBytes(): number {
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** Returns the number of rows of all tables and of queued items. */
function countItems(ron: RonNetwork): number {
  const metrics = ron.addresses.map((address) => ron.node(address).metrics());
  const rows = metrics.flatMap(({ tables }) => tables.map((table) => table.rows));
  const queued = metrics.flatMap(({ queues }) => queues.map((queue) => queue.length));
  return [...rows, ...queued].reduce((sum, one) => sum + one, 0);
}

/** Every hour a link is cut and healed, and a node crashes and restarts. */
test("a simulated network does not grow over a day with loss, cuts and crashes", { timeout: 3_600_000 }, () => {
  const ron = new RonNetwork(NODES, "fast", 3, { delay: 0.02, jitter: 0.01, loss: 0.02 });
  const heaps: number[] = [];
  const rows: number[] = [];
  for (let hour = 0; hour < HOURS; hour++) {
    const [one = "", other = "", third = ""] = ron.addresses.map((_, at) => ron.addresses[(at + hour) % NODES] ?? "");
    const from = hour * HOUR;
    ron.simulation.runUntil(from + 600);
    ron.simulation.cut(one, other);
    ron.simulation.runUntil(from + 1200);
    ron.simulation.heal(one, other);
    ron.simulation.host(third).crash();
    ron.simulation.runUntil(from + 1800);
    ron.simulation.host(third).restart();
    ron.simulation.runUntil(from + HOUR);
    ron.outages.length = 0;
    heaps.push(heapBytes());
    rows.push(countItems(ron));
  }
  process.stdout.write(`heap in MB after each hour: ${heaps.map((heap) => (heap / 1e6).toFixed(1)).join(" ")}\n`);
  expect(Math.max(...heaps.slice(-4))).toBeLessThan(Math.max(...heaps.slice(1, 5)) + TOLERANCE_BYTES);
  expect(Math.max(...rows.slice(-4))).toBeLessThanOrEqual(Math.max(...rows.slice(0, 4)) + NODES);
});
