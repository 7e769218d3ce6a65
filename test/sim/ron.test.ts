import { expect, test } from "vitest";
import { DETECTION, RonNetwork } from "./ron-network.ts";

const QUIET = { delay: 0.02 };

test("without failures every route is direct, at all times", () => {
  const ron = new RonNetwork(6, "fast", 1, { delay: 0.02, jitter: 0.005 });
  for (let time = 1; time <= 60; time++) {
    ron.simulation.runUntil(time);
    const pairs = ron.addresses.flatMap((from) => ron.addresses.map((to) => ({ from, to })));
    const detours = pairs.filter(({ from, to }) => from !== to && ron.next(from, to) !== to);
    expect(detours).toEqual([]);
  }
  expect(ron.outages.filter((outage) => outage.time > 1)).toEqual([]);
});

test.for(["fast", "paper"] as const)(
  "%s: a cut link is routed around in time, and used again when it heals",
  (profile) => {
    const ron = new RonNetwork(5, profile, 2, QUIET);
    const [a = "", b = ""] = ron.addresses;
    ron.simulation.runUntil(100);
    ron.simulation.cut(a, b);
    ron.simulation.cut(b, a);
    ron.simulation.runUntil(100 + DETECTION[profile] + 0.2);
    expect(ron.next(a, b)).not.toBe(b);
    expect(ron.next(b, a)).not.toBe(a);
    ron.simulation.runUntil(200);
    ron.simulation.heal(a, b);
    ron.simulation.heal(b, a);
    ron.simulation.runUntil(240);
    expect(ron.next(a, b)).toBe(b);
    expect(ron.next(b, a)).toBe(a);
  },
);

test("a dead member carries nobody's traffic longer than it takes to notice", () => {
  const ron = new RonNetwork(6, "fast", 3, QUIET);
  const [a = "", b = "", relay = ""] = ron.addresses;
  ron.simulation.changeLink(a, b, { delay: 0.5 });
  ron.simulation.changeLink(b, a, { delay: 0.5 });
  ron.simulation.runUntil(60);
  ron.simulation.host(relay).crash();
  ron.simulation.runUntil(60 + DETECTION.fast + 0.5);
  expect(ron.routesThrough(relay)).toEqual([]);
  ron.simulation.host(relay).restart();
  ron.simulation.runUntil(90);
  expect(ron.next(a, relay)).toBe(relay);
});

test("ten nodes for ten minutes at 5 % loss: hardly a false alarm; the same seed gives the same trace", () => {
  const run = (seed: number): RonNetwork => {
    const ron = new RonNetwork(10, "fast", seed, { delay: 0.02, jitter: 0.01, loss: 0.05 });
    ron.simulation.runUntil(600);
    return ron;
  };
  const [one, again, other] = [run(5), run(5), run(6)];
  expect(one.outages.filter((outage) => outage.time > 5).length).toBeLessThanOrEqual(1);
  expect(again.simulation.traceHash()).toBe(one.simulation.traceHash());
  expect(other.simulation.traceHash()).not.toBe(one.simulation.traceHash());
});
