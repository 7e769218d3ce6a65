import { expect, test } from "vitest";
import { sha1 } from "../../runtime/plan/library/functions/sha1.ts";
import { churn, type ChurnResult } from "./chord-churn.ts";
import { ChordNetwork, inOrder, ownerOf } from "./chord-network.ts";
import { grow, passUntilIdeal, wrongLookups } from "./chord-ring.ts";

const HOUR = 3_600_000;

test("1,000 nodes that join five a second form the ideal ring within 60 s, and every lookup finds the owner in few hops", () => {
  const network = new ChordNetwork({ successors: 3 });
  grow(network, 1000, 0.2);
  const ideal = passUntilIdeal(network, 60);
  network.pass(60);
  const before = network.simulation.network.deliveredBytes;
  network.pass(60);
  const bytesPerSecond = (network.simulation.network.deliveredBytes - before) / 60 / 1000;

  const ring = inOrder(network.addresses);
  const hops: number[] = [];
  let wrong = 0;
  for (let round = 0; round < 10; round++) {
    const asked = ring.map((from, at) => {
      const key = sha1(`key ${round} ${at}`);
      return { key, number: network.ask(from, key, "lookup") };
    });
    network.pass(6);
    for (const { key, number } of asked) {
      if (network.answer(number) !== ownerOf(key, ring)) wrong++;
      hops.push(network.hops(key));
    }
  }
  const mean = hops.reduce((sum, one) => sum + one, 0) / hops.length;
  process.stdout.write(
    `ideal after ${ideal} s, ${bytesPerSecond.toFixed(0)} B/s per node, ${mean.toFixed(2)} hops, ${wrong} wrong\n`,
  );
  expect(wrong).toBe(0);
  expect(mean).toBeLessThanOrEqual(0.5 * Math.log2(1000) + 1);
  expect(bytesPerSecond).toBeLessThanOrEqual(500);
});

test("half of 200 nodes stop at once, and 99.9 % of lookups are right after 60 s", () => {
  const network = new ChordNetwork({ successors: 16 });
  grow(network, 200);
  passUntilIdeal(network, 60);
  network.pass(60);
  // Ids are hashes, so the half that joined first is a random one.
  for (const address of network.addresses.slice(0, 100)) network.crash(address);
  network.pass(60);
  const wrong = wrongLookups(network, 2000, "lookup").length;
  process.stdout.write(`${wrong} of 2,000 lookups wrong\n`);
  expect(wrong).toBeLessThanOrEqual(2);
});

test("a partition of ten minutes is one ordered ring 60 s after it ends", () => {
  const network = new ChordNetwork({ successors: 4 });
  grow(network, 100);
  passUntilIdeal(network, 60);
  const [left = [], right = []] = [0, 1].map((half) => network.addresses.filter((_, at) => at % 2 === half));
  for (const one of left) for (const other of right) network.setPath(one, other, false);
  network.pass(600);
  for (const one of left) for (const other of right) network.setPath(one, other, true);
  process.stdout.write(`one ring after ${passUntilIdeal(network, 60)} s\n`);
  expect(wrongLookups(network, 200, "find")).toEqual([]);
});

/** Median sessions in minutes, with the share of consistent lookups that chord.mzl must reach. */
const SESSIONS = [
  { minutes: 64, consistent: 0.999 },
  { minutes: 16, consistent: 0.997 },
  { minutes: 8, consistent: 0.993 },
  { minutes: 1.4, consistent: 0.97 },
] as const;

const NODES = 400;

/**
 * The classic ring needs many periods to close when many nodes join at once: of 400 nodes that joined five a second, 325 had the right
 * successor after eleven minutes. When they join one a second, 396 have it a minute after the last one. So its churn begins from a ring,
 * too.
 */
function measure(minutes: number, isClassic: boolean): ChurnResult {
  const quick = { TICK: "500ms", ANSWER_WITHIN: "500ms" };
  const network = new ChordNetwork({
    successors: isClassic ? 4 : 8,
    program: `test/sim/${isClassic ? "chord-classic-client" : "chord-client"}.mzl`,
    defines: isClassic ? {} : quick,
  });
  grow(network, NODES, isClassic ? 1 : 0.2);
  network.pass(60);
  return churn({
    network,
    view: isClassic ? "lookup" : "find",
    medianSession: minutes * 60,
    seconds: 200,
    secondsPerKey: 1,
    seed: 1,
    kept: isClassic ? network.addresses.slice(0, 1) : [],
  });
}

/** Prints the row of a table, and returns the share of consistent lookups. */
function consistentOf(program: "chord" | "chord-classic", minutes: number): number {
  const { completed, consistent, right, bytesPerSecond } = measure(minutes, program === "chord-classic");
  const shares = [completed, consistent, right].map((share) => `${(100 * share).toFixed(2)} %`);
  process.stdout.write(`| ${[`${minutes} min`, program, ...shares, bytesPerSecond.toFixed(0)].join(" | ")} |\n`);
  return consistent;
}

test.each(SESSIONS)(
  "churn of 400 nodes, median session $minutes min: the share of consistent lookups is at least $consistent",
  ({ minutes, consistent }) => {
    const measured = consistentOf("chord", minutes);
    expect(measured).toBeGreaterThanOrEqual(consistent);
    expect(consistentOf("chord-classic", minutes)).toBeLessThan(measured);
  },
  HOUR,
);
