import { expect, test } from "vitest";
import { lossyMinutes } from "./lossy-minutes.ts";
import { DETECTION, RonNetwork } from "./ron-network.ts";

const QUIET = { delay: 0.02 };

test("without failures every route is direct, at all times", () => {
  const ron = new RonNetwork(6, "fast", 1, { delay: 0.02, jitter: 0.005 });
  for (let time = 1; time <= 60; time++) {
    ron.simulation.runUntil(time);
    const pairs = ron.addresses.flatMap((from) => ron.addresses.map((to) => ({ from, to })));
    expect(pairs.filter(({ from, to }) => from !== to && ron.next(from, to) !== to)).toEqual([]);
  }
  expect(ron.outages.filter((outage) => outage.time > 1)).toEqual([]);
});

/** Returns the pairs of nodes that do not send to each other directly. */
function detours(ron: RonNetwork, from: readonly string[]): readonly string[] {
  const pairs = from.flatMap((one) => from.map((other) => [one, other] as const));
  return pairs
    .filter(([one, other]) => one !== other && ron.next(one, other) !== other && ron.next(one, other) !== undefined)
    .map((pair) => pair.join(" to "));
}

test("members that start one after the other take no detours", () => {
  const ron = new RonNetwork(6, "fast", 9, { delay: 0.001, jitter: 0.0005 });
  const up = ron.addresses.slice(0, 1);
  for (const address of ron.addresses.slice(1)) ron.simulation.host(address).crash();
  for (let tick = 1; tick <= 300; tick++) {
    ron.simulation.runUntil(tick * 0.1);
    const next = ron.addresses[up.length];
    if (tick % 13 === 0 && next !== undefined) {
      ron.simulation.host(next).restart();
      up.push(next);
    }
    expect(detours(ron, up), `at ${tick * 0.1} s`).toEqual([]);
  }
});

test("one late answer has no effect after a few probes", () => {
  const ron = new RonNetwork(4, "fast", 12, { delay: 0.001 });
  const [a = "", b = ""] = ron.addresses;
  ron.simulation.changeLink(a, b, { delay: 0.08 });
  ron.simulation.runUntil(0.3);
  ron.simulation.changeLink(a, b, { delay: 0.001 });
  for (let tick = 30; tick <= 200; tick++) {
    ron.simulation.runUntil(tick * 0.1);
    expect(detours(ron, ron.addresses), `at ${tick * 0.1} s`).toEqual([]);
  }
});

test("a break too short for a failure causes no detour", () => {
  const ron = new RonNetwork(4, "fast", 10, { delay: 0.001 });
  const [a = "", b = ""] = ron.addresses;
  for (let tick = 50; tick <= 300; tick++) {
    ron.simulation.runUntil(tick * 0.1);
    if (tick === 60) ron.simulation.cut(a, b);
    if (tick === 70) ron.simulation.heal(a, b);
    expect(detours(ron, ron.addresses), `at ${tick * 0.1} s`).toEqual([]);
  }
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

test("a member that was cut off has its detours again after the next probe", () => {
  const ron = new RonNetwork(4, "fast", 11, QUIET);
  const [a = "", b = "", ...relays] = ron.addresses;
  ron.simulation.runUntil(20);
  ron.simulation.cut(a, b);
  ron.simulation.runUntil(30);
  expect(relays).toContain(ron.next(a, b));
  for (const relay of relays) ron.simulation.cut(a, relay);
  ron.simulation.runUntil(33);
  expect(ron.next(a, b)).toBe(b);
  for (const relay of relays) ron.simulation.heal(a, relay);
  ron.simulation.runUntil(33 + 0.5 * (4 / 3) + 0.2);
  expect(relays).toContain(ron.next(a, b));
});

test("no traffic is routed through a dead member after it is detected", () => {
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

test("ten nodes for two minutes at 5 % loss have no false alarms, and a minute of the same seed is the same", {
  timeout: 120_000,
}, () => {
  const { falseAlarms, hashes } = lossyMinutes(2, 1);
  expect(falseAlarms).toBe(0);
  expect(hashes.again).toBe(hashes.one);
  expect(hashes.other).not.toBe(hashes.one);
});
