import { beforeEach, describe, expect, test } from "vitest";
import type { Faults } from "../../runtime/sim/sim-link.ts";
import { type Boot, Simulation } from "../../runtime/sim/simulation.ts";
import type { World } from "../../runtime/world/world.ts";

const idle: Boot = () => {};
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** Two hosts: `a` sends n0, n1, ... to `b` every 10 ms, and `b` records them. */
function stream(count: number, faults: Faults, seed = 1): { simulation: Simulation; got: string[]; times: number[] } {
  const simulation = new Simulation({ seed, faults: () => faults });
  const got: string[] = [];
  const times: number[] = [];
  simulation.addHost({ name: "a", address: "a:1", boot: (world) => sendEvery(world, 0.01, count) }).start();
  const listen: Boot = ({ datagrams }) =>
    datagrams.onDatagram(({ bytes }) => {
      got.push(text(bytes));
      times.push(simulation.now);
    });
  simulation.addHost({ name: "b", address: "b:1", boot: listen }).start();
  return { simulation, got, times };
}

function sendEvery({ clock, datagrams }: World, interval: number, count: number): void {
  for (let n = 0; n < count; n++) clock.at(n * interval, () => datagrams.send("b:1", Buffer.from(`n${n}`)));
}

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, n) => `n${n}`);

describe("a link", () => {
  test("without faults delivers everything at once, in order", () => {
    const { simulation, got, times } = stream(3, {});
    simulation.runUntil(1);
    expect(got).toEqual(names(3));
    expect(times).toEqual([0, 0.01, 0.02]);
  });

  test("delays", () => {
    const { simulation, times } = stream(3, { delay: 0.05 });
    simulation.runUntil(1);
    expect(times.map((time) => time.toFixed(2))).toEqual(["0.05", "0.06", "0.07"]);
  });

  test("with jitter keeps order and bounds", () => {
    const { simulation, got, times } = stream(500, { delay: 0.1, jitter: 0.05 });
    simulation.runUntil(10);
    const delays = times.map((time, n) => time - n / 100);
    expect(got).toEqual(names(500));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0.05 - 1e-9);
    expect(Math.max(...delays)).toBeLessThanOrEqual(0.15 + 1e-9);
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(0.05);
  });

  test("loses datagrams at the given rate", () => {
    const { simulation, got } = stream(10_000, { loss: 0.05 });
    simulation.runUntil(200);
    expect(got.length + simulation.network.lost).toBe(10_000);
    expect(simulation.network.lost / 10_000).toBeCloseTo(0.05, 2);
  });

  test("duplicates datagrams at the given rate", () => {
    const { simulation, got } = stream(10_000, { duplicate: 0.1 });
    simulation.runUntil(200);
    expect(got.length).toBe(10_000 + simulation.network.duplicated);
    expect(simulation.network.duplicated / 10_000).toBeCloseTo(0.1, 1);
    expect([...new Set(got)]).toEqual(names(10_000));
  });

  test("lets later datagrams overtake a held-back one", () => {
    const { simulation, got } = stream(1000, { reorder: 0.1, holdBack: 0.025 });
    simulation.runUntil(20);
    const late = got.filter((name, at) => at > 0 && Number(name.slice(1)) < Number(got[at - 1]?.slice(1)));
    expect([...got].sort()).toEqual([...names(1000)].sort());
    expect(late.length).toBeGreaterThan(50);
    expect(simulation.network.heldBack / 1000).toBeCloseTo(0.1, 1);
  });

  test("can change its faults during a run", () => {
    const { simulation, times } = stream(4, { delay: 0.001 });
    simulation.at(0.015, () => simulation.changeLink("a", "b", { delay: 0.5 }));
    simulation.runUntil(2);
    expect(times.map((time) => time.toFixed(3))).toEqual(["0.001", "0.011", "0.520", "0.530"]);
  });
});

describe("a cut", () => {
  test("loses datagrams that leave or arrive meanwhile, in one direction", () => {
    const { simulation, got } = stream(10, { delay: 0.004 });
    simulation.at(0.032, () => simulation.cut("a", "b"));
    simulation.at(0.065, () => simulation.heal("a", "b"));
    simulation.runUntil(1);
    expect(got.join(" ")).toBe("n0 n1 n2 n7 n8 n9");
    expect(simulation.network.cut).toBe(4);
  });

  test("is not noticed by the sender", () => {
    const simulation = new Simulation({ seed: 1 });
    let sender: World | undefined;
    simulation.addHost({ name: "a", address: "a:1", boot: (world) => (sender = world) }).start();
    simulation.addHost({ name: "b", address: "b:1", boot: idle }).start();
    simulation.cut("a", "b");
    sender?.datagrams.send("b:1", Buffer.from("x"));
    expect(sender?.datagrams.counters).toMatchObject({ sent: 1, failed: new Map() });
  });
});

describe("a host", () => {
  let simulation: Simulation;
  let seen: string[];

  beforeEach(() => {
    simulation = new Simulation({ seed: 1, faults: () => ({ delay: 0.1 }) });
    seen = [];
    let runs = 0;
    const boot: Boot = ({ clock, datagrams, seed }) => {
      const run = ++runs;
      seen.push(`${clock.now()} run ${run}`);
      expect(seed).not.toBe(0);
      datagrams.onDatagram(({ from, bytes }) => seen.push(`${clock.now()} run ${run}: ${text(bytes)} from ${from}`));
      clock.at(clock.now() + 1, () => seen.push(`${clock.now()} run ${run}: timer`));
    };
    simulation.addHost({ name: "b", address: "b:1", boot });
    const send: Boot = ({ clock, datagrams }) => {
      for (let n = 0; n < 10; n++) clock.at(n / 2, () => datagrams.send("b:1", Buffer.from(`n${n}`)));
    };
    simulation.addHost({ name: "a", address: "a:1", boot: send }).start();
  });

  test("that crashes loses its timers and datagrams in flight to it, and restarts afresh", () => {
    const host = simulation.host("b");
    host.start();
    simulation.at(0.55, () => host.crash());
    simulation.at(1.2, () => host.start());
    simulation.runUntil(1.7);
    expect(seen).toEqual(["0 run 1", "0.1 run 1: n0 from a:1", "1.2 run 2", "1.6 run 2: n3 from a:1"]);
    expect(simulation.network.hostDown).toBe(2);
    expect(host.isUp).toBe(true);
  });

  test("that restarts does not receive datagrams for its previous run", () => {
    const host = simulation.host("b");
    host.start();
    simulation.at(0.05, () => host.restart());
    simulation.runUntil(0.4);
    expect(seen).toEqual(["0 run 1", "0.05 run 2"]);
  });

  test("reaches itself despite all faults", () => {
    const lossy = new Simulation({ seed: 1, faults: () => ({ loss: 1 }) });
    const boot: Boot = ({ clock, datagrams }) => {
      datagrams.onDatagram(() => seen.push(`${clock.now()} own`));
      datagrams.send("c:1", Buffer.from("x"));
    };
    lossy.addHost({ name: "c", address: "c:1", boot }).start();
    lossy.runUntil(1);
    expect(seen).toEqual(["0 own"]);
  });

  test("counts failed sends by reason", async () => {
    let world: World | undefined;
    simulation.addHost({ name: "c", address: "c:1", boot: (given) => (world = given) }).start();
    const datagrams = world?.datagrams;
    datagrams?.send("nobody:1", Buffer.from("x"));
    datagrams?.send("a:1", Buffer.alloc(1453));
    await datagrams?.close();
    datagrams?.send("a:1", Buffer.from("x"));
    const failed = new Map(["unknown destination", "too long", "closed"].map((reason) => [reason, 1]));
    expect(datagrams?.counters).toMatchObject({ sent: 0, failed });
  });
});

describe("the trace hash", () => {
  const bad: Faults = { delay: 0.02, jitter: 0.01, loss: 0.1, duplicate: 0.1, reorder: 0.1 };
  const hash = (seed: number, count = 500): string => {
    const { simulation } = stream(count, bad, seed);
    simulation.runUntil(100);
    return simulation.traceHash();
  };

  test("is the same for the same seed", () => {
    expect(hash(42)).toBe(hash(42));
  });

  test("differs for another seed, and for other traffic", () => {
    expect(new Set([hash(1), hash(2), hash(1, 501)]).size).toBe(3);
  });

  test("does not depend on the time of the query", () => {
    const { simulation } = stream(500, bad, 42);
    for (let time = 0; time <= 100; time += 5) {
      simulation.runUntil(time);
      simulation.traceHash();
    }
    expect(simulation.traceHash()).toBe(hash(42));
  });
});
