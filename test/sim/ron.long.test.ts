import { expect, test } from "vitest";
import { lossyMinutes } from "./lossy-minutes.ts";
import { DETECTION, type Profile, RonNetwork } from "./ron-network.ts";

const NODES = 50;
const HOUR = 3600;
const CRASHES = 10;

/** Greatest number of false outages per directed link and hour at 5 % loss, per profile. */
const ALLOWED: Readonly<Record<Profile, number>> = { fast: 0.01, paper: 0.03 };
const START = 60;

test.for(["fast", "paper"] as const)(
  "%s: 50 nodes for an hour, a twentieth of the datagrams lost",
  { timeout: 7_200_000 },
  (profile) => {
    const ron = new RonNetwork(NODES, profile, 11, { delay: 0.03, jitter: 0.02, loss: 0.05 });
    ron.simulation.runUntil(START);
    const before = ron.outages.length;
    ron.simulation.runUntil(START + HOUR);
    const rate = (ron.outages.length - before) / (NODES * (NODES - 1));
    const count = ron.outages.length - before;
    const hash = ron.simulation.traceHash();
    process.stdout.write(
      `${profile}: ${count} false outages, ${rate.toFixed(4)} per directed link-hour, trace ${hash}\n`,
    );
    expect(rate).toBeLessThanOrEqual(ALLOWED[profile]);
    for (let crash = 0; crash < CRASHES; crash++) {
      const dead = ron.addresses[crash] as string;
      const now = START + HOUR + crash * 100;
      ron.simulation.runUntil(now);
      ron.simulation.host(dead).crash();
      ron.simulation.runUntil(now + DETECTION[profile] + 1);
      expect(ron.routesThrough(dead)).toEqual([]);
      ron.simulation.host(dead).restart();
    }
  },
);

test("ten nodes for ten minutes at 5 % loss have few false alarms, and two minutes of the same seed are the same", () => {
  const { falseAlarms, hashes } = lossyMinutes(10, 2);
  expect(falseAlarms).toBeLessThanOrEqual(1);
  expect(hashes.again).toBe(hashes.one);
  expect(hashes.other).not.toBe(hashes.one);
});
