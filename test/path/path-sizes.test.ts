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

const WHOLE = 1452;

describe("a path", () => {
  test("that carries everything is asked once a second while it is used, and not at all while it is not", () => {
    const world = new PathWorld();
    world.use(10);
    expect(world.payload).toBe(WHOLE);
    expect(world.probes.every((probe) => probe.length === WHOLE)).toBe(true);
    expect(world.probes.length).toBeGreaterThanOrEqual(7);
    expect(world.probes.length).toBeLessThanOrEqual(11);
    world.clock.advance(2);
    const before = world.probes.length;
    world.clock.advance(1000);
    expect(world.probes.length).toBe(before);
    expect(world.said).toEqual([]);
  });

  test("that carries little of length is asked twice a minute", () => {
    const world = new PathWorld();
    for (let times = 0; times < 60; times++) {
      world.sizes.countSent(world.to, 1);
      world.clock.advance(5);
    }
    expect(world.probes.length).toBeGreaterThanOrEqual(9);
    expect(world.probes.length).toBeLessThanOrEqual(19);
    world.between.carries = 1300;
    for (let times = 0; times < 10; times++) {
      world.sizes.countSent(world.to, 1);
      world.clock.advance(5);
    }
    expect(world.payload).toBe(1292);
  });

  test("is asked before half a minute is over once sixteen long datagrams have gone, however they went", () => {
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

  test("that swallows what is long is found out within two seconds, and the log says so once", () => {
    const world = new PathWorld();
    world.use(3);
    world.between.carries = 1300;
    world.use(2.1);
    expect(world.payload).toBe(1292);
    world.use(30);
    expect(world.said).toEqual([
      "10.0.0.2:10000 gets datagrams of at most 1292 bytes, not 1452: its path swallows longer ones",
    ]);
  });

  test("of IPv6 never carries less than IPv6 demands", () => {
    const world = new PathWorld("[fd00::2]:10000");
    world.between.carries = 1232;
    world.use(3);
    expect(world.payload).toBe(1232);
  });

  test("that became narrower twice is searched twice", () => {
    const world = new PathWorld();
    world.between.carries = 1400;
    world.use(3);
    world.between.carries = 600;
    world.use(3);
    expect(world.payload).toBe(548);
  });

  test("whose interface refuses long datagrams is known at once for what it is", () => {
    const world = new PathWorld();
    world.use(3);
    world.between.fits = world.between.carries = 1252;
    world.use(2);
    expect(world.said).toEqual([
      "10.0.0.2:10000 gets datagrams of at most 1252 bytes, not 1452: the interface takes no longer ones",
    ]);
  });

  test("that swallows what its interface refused before is known for that", () => {
    const world = new PathWorld();
    world.between.fits = world.between.carries = 1300;
    world.use(3);
    Object.assign(world.between, { fits: Infinity, carries: 600 });
    world.use(3);
    expect(world.said.map((line) => line.replace(/.*: /, ""))).toEqual([
      "the interface takes no longer ones",
      "its path swallows longer ones",
    ]);
  });

  test.each([0.1, 0.3, 0.9])("that takes %d s each way is not narrow, and found out when it is", (takes) => {
    const world = new PathWorld();
    world.between.takes = takes;
    world.use(600);
    expect([world.payload, world.said]).toEqual([WHOLE, []]);
    world.between.carries = 1300;
    world.use(20);
    expect(world.payload).toBe(1292);
  });

  test("that has grown is used again, sooner or later", () => {
    const world = new PathWorld();
    world.between.carries = 1300;
    world.use(3);
    world.between.carries = Infinity;
    world.use(8);
    expect(world.payload).toBe(WHOLE);
    expect(world.said.at(-1)).toBe(
      "10.0.0.2:10000 gets datagrams of up to 1452 bytes again: its path carries more than 1292",
    );
  });

  test("that stays narrow is tried ever more seldom", () => {
    const world = new PathWorld();
    world.between.carries = 1300;
    world.use(5000);
    const longOnes = world.probes.filter((probe) => probe.length === WHOLE).length;
    expect(longOnes).toBeLessThan(60);
    expect(world.payload).toBe(1292);
  });

  test.each([
    ["is down", { isUp: false }],
    ["leads to a peer that knows no probes", { answers: false }],
  ])("that %s is not narrow, and is hardly asked", (_, state) => {
    const world = new PathWorld();
    Object.assign(world.between, state);
    world.use(600);
    expect(world.payload).toBe(WHOLE);
    expect(world.said).toEqual([]);
    expect(world.probes.length).toBeLessThan(600);
  });

  test("that was down is asked soon after", () => {
    const world = new PathWorld();
    world.use(3);
    world.between.isUp = false;
    world.use(60);
    Object.assign(world.between, { isUp: true, carries: 1300 });
    world.use(12);
    expect(world.payload).toBe(1292);
  });

  test.each([0.1, 0.3])("that loses %d of its datagrams is as wide as it was after ten minutes", (loses) => {
    const world = new PathWorld();
    world.between.loses = loses;
    world.use(600);
    expect(world.payload).toBe(WHOLE);
    expect(world.said).toEqual([]);
  });
});

describe("strangers", () => {
  test("who answer what nobody asked change nothing", () => {
    const world = new PathWorld();
    world.between.carries = 1300;
    world.use(3);
    for (let count = 0; count < 10_000; count++) {
      world.hear(answerOf(NONCE_MIN + Math.floor(world.draw() * (NONCE_END - NONCE_MIN))));
    }
    expect(world.payload).toBe(1292);
    expect(world.sizes.counters.stray).toBe(10_000);
  });

  test("who repeat an answer that counted change nothing", () => {
    const world = new PathWorld();
    world.use(0.2);
    const answer = answerOf(nonceOf(world.probes[0] as Uint8Array));
    world.between.carries = 1300;
    for (let times = 0; times < 30; times++) {
      world.hear(answer);
      world.use(0.1);
    }
    expect(world.payload).toBe(1292);
    expect(world.sizes.counters.stray).toBe(30);
  });

  test("who answer later than an answer can mean anything change nothing", () => {
    const world = new PathWorld();
    world.between.answers = false;
    world.use(0.2);
    const answer = answerOf(nonceOf(world.probes[0] as Uint8Array));
    world.use(15);
    world.hear(answer);
    expect(world.sizes.counters).toMatchObject({ answered: 0, stray: 1 });
  });

  test("name more places than there is room for", () => {
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

test("a probe has exactly the size that it asks about, and its answer is shorter than any", () => {
  for (const nonce of [NONCE_MIN, NONCE_END - 1]) {
    for (const size of [PROBE_MIN, 508, 1452, 8972, PROBE_MAX]) expect(probeOf(nonce, size)).toHaveLength(size);
    expect(answerOf(nonce).length).toBeLessThan(32);
  }
});
