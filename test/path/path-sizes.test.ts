import { describe, expect, test } from "vitest";
import {
  answerOf,
  NONCE_END,
  NONCE_MIN,
  nonceIn,
  PROBE,
  PROBE_MAX,
  PROBE_MIN,
  probeOf,
} from "../../runtime/path/probe-message.ts";
import { decodeDatagram } from "../../runtime/wire/decode.ts";
import { PathWorld } from "./path-world.ts";

const FULL = 1452;

describe("a path", () => {
  test("that carries everything is probed once a second while it is used, and never while it is idle", () => {
    const world = new PathWorld();
    world.use(10);
    expect(world.payload).toBe(FULL);
    expect(world.probes.every((probe) => probe.length === FULL)).toBe(true);
    expect(world.probes.length).toBeGreaterThanOrEqual(7);
    expect(world.probes.length).toBeLessThanOrEqual(11);
    world.clock.advance(2);
    const before = world.probes.length;
    world.clock.advance(1000);
    expect(world.probes.length).toBe(before);
    expect(world.log).toEqual([]);
  });

  test("with few long datagrams is probed twice a minute", () => {
    const world = new PathWorld();
    for (let times = 0; times < 60; times++) {
      world.sizes.countSent(world.to, 1);
      world.clock.advance(5);
    }
    expect(world.probes.length).toBeGreaterThanOrEqual(9);
    expect(world.probes.length).toBeLessThanOrEqual(19);
    world.path.pathSize = 1300;
    for (let times = 0; times < 10; times++) {
      world.sizes.countSent(world.to, 1);
      world.clock.advance(5);
    }
    expect(world.payload).toBe(1292);
  });

  test("is probed after sixteen long datagrams, at any rate", () => {
    for (const groups of [[16], [15, 1], Array.from({ length: 16 }, () => 1)]) {
      const world = new PathWorld();
      world.sizes.countSent(world.to, 1);
      world.clock.advance(5);
      const before = world.probes.length;
      for (const count of groups) {
        expect(world.probes).toHaveLength(before);
        world.sizes.countSent(world.to, count);
      }
      expect(world.probes).toHaveLength(before + 1);
    }
  });

  test("that drops long datagrams is narrowed within two seconds, with one line in the log", () => {
    const world = new PathWorld();
    world.use(3);
    world.path.pathSize = 1300;
    world.use(2.1);
    expect(world.payload).toBe(1292);
    world.use(30);
    expect(world.log).toEqual([
      "10.0.0.2:10000: datagrams of at most 1292 bytes instead of 1452: the path drops longer ones",
    ]);
  });

  test("of IPv6 is never narrowed below the minimum of IPv6", () => {
    const world = new PathWorld("[fd00::2]:10000");
    world.path.pathSize = 1232;
    world.use(3);
    expect(world.payload).toBe(1232);
  });

  test("that becomes narrower twice is searched twice", () => {
    const world = new PathWorld();
    world.path.pathSize = 1400;
    world.use(3);
    world.path.pathSize = 600;
    world.use(3);
    expect(world.payload).toBe(548);
  });

  test("whose interface refuses long datagrams is narrowed at once, for that reason", () => {
    const world = new PathWorld();
    world.use(3);
    world.path.interfaceSize = world.path.pathSize = 1252;
    world.use(2);
    expect(world.log).toEqual([
      "10.0.0.2:10000: datagrams of at most 1252 bytes instead of 1452: the interface refuses longer ones",
    ]);
  });

  test("that drops datagrams which its interface refused before is narrowed for the new reason", () => {
    const world = new PathWorld();
    world.path.interfaceSize = world.path.pathSize = 1300;
    world.use(3);
    Object.assign(world.path, { interfaceSize: Infinity, pathSize: 600 });
    world.use(3);
    expect(world.log.map((line) => line.replace(/.*: /, ""))).toEqual([
      "the interface refuses longer ones",
      "the path drops longer ones",
    ]);
  });

  test.each([0.1, 0.3, 0.9])("with a delay of %d s each way is not narrowed, unless it is narrow", (takes) => {
    const world = new PathWorld();
    world.path.delay = takes;
    world.use(600);
    expect([world.payload, world.log]).toEqual([FULL, []]);
    world.path.pathSize = 1300;
    world.use(20);
    expect(world.payload).toBe(1292);
  });

  test("that carries more again is raised", () => {
    const world = new PathWorld();
    world.path.pathSize = 1300;
    world.use(3);
    world.path.pathSize = Infinity;
    world.use(8);
    expect(world.payload).toBe(FULL);
    expect(world.log.at(-1)).toBe(
      "10.0.0.2:10000: datagrams of up to 1452 bytes again: the path carries more than 1292",
    );
  });

  test("that stays narrow is probed less and less often", () => {
    const world = new PathWorld();
    world.path.pathSize = 1300;
    world.use(5000);
    const longOnes = world.probes.filter((probe) => probe.length === FULL).length;
    expect(longOnes).toBeLessThan(60);
    expect(world.payload).toBe(1292);
  });

  test.each([
    ["is down", { isUp: false }],
    ["leads to a peer that knows no probes", { answers: false }],
  ])("that %s is not narrow, and is hardly asked", (_, state) => {
    const world = new PathWorld();
    Object.assign(world.path, state);
    world.use(600);
    expect(world.payload).toBe(FULL);
    expect(world.log).toEqual([]);
    expect(world.probes.length).toBeLessThan(600);
  });

  test("that was down is probed soon after it is up", () => {
    const world = new PathWorld();
    world.use(3);
    world.path.isUp = false;
    world.use(60);
    Object.assign(world.path, { isUp: true, pathSize: 1300 });
    world.use(12);
    expect(world.payload).toBe(1292);
  });

  test.each([0.1, 0.3])("that loses a share of %d of its datagrams keeps its size for ten minutes", (loses) => {
    const world = new PathWorld();
    world.path.lossRate = loses;
    world.use(600);
    expect(world.payload).toBe(FULL);
    expect(world.log).toEqual([]);
  });
});

describe("other nodes", () => {
  test("that answer without a probe change nothing", () => {
    const world = new PathWorld();
    world.path.pathSize = 1300;
    world.use(3);
    for (let count = 0; count < 10_000; count++) {
      world.deliver(answerOf(NONCE_MIN + Math.floor(world.draw() * (NONCE_END - NONCE_MIN))));
    }
    expect(world.payload).toBe(1292);
    expect(world.sizes.counters.stray).toBe(10_000);
  });

  test("that repeat an answer change nothing", () => {
    const world = new PathWorld();
    world.use(0.2);
    const answer = answerOf(nonceOf(world.probes[0] as Uint8Array));
    world.path.pathSize = 1300;
    for (let times = 0; times < 30; times++) {
      world.deliver(answer);
      world.use(0.1);
    }
    expect(world.payload).toBe(1292);
    expect(world.sizes.counters.stray).toBe(30);
  });

  test("that answer too late change nothing", () => {
    const world = new PathWorld();
    world.path.answers = false;
    world.use(0.2);
    const answer = answerOf(nonceOf(world.probes[0] as Uint8Array));
    world.use(15);
    world.deliver(answer);
    expect(world.sizes.counters).toMatchObject({ answered: 0, stray: 1 });
  });

  test("cannot make the number of paths exceed its limit", () => {
    const world = new PathWorld();
    const name = (from: number, to: number): void => {
      for (let count = from; count < to; count++) world.sizes.countSent(`10.0.${count >> 8}.${count & 255}:1`, 1);
    };
    name(0, 5_000);
    expect(world.probes).toHaveLength(1024);
    world.clock.advance(60);
    const before = world.probes.length;
    name(5_000, 5_100);
    expect(world.probes).toHaveLength(before + 100);
  });
});

function nonceOf(probe: Uint8Array): number {
  const decoded = decodeDatagram(probe);
  const [only] = decoded.ok ? decoded.tuples : [];
  return (only && nonceIn(PROBE, probe, only.start, only.end)) ?? NaN;
}

test("a probe has exactly the size to test, and its answer is shorter than any probe", () => {
  for (const nonce of [NONCE_MIN, NONCE_END - 1]) {
    for (const size of [PROBE_MIN, 508, 1452, 8972, PROBE_MAX]) expect(probeOf(nonce, size)).toHaveLength(size);
    expect(answerOf(nonce).length).toBeLessThan(32);
  }
});
