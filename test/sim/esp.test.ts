import { describe, expect, test } from "vitest";
import type { Fact } from "../../runtime/node/peer-facts.ts";
import type { Faults } from "../../runtime/sim/sim-link.ts";
import { ProgramNetwork } from "./program-network.ts";

const [A, B] = ["10.0.0.1:10000", "10.0.0.2:10000"] as const;
const PROGRAMS = new URL("../../programs", import.meta.url).pathname;

const SCENE = `
import "${PROGRAMS}/esp.mzl".
materialize(arrived, infinity, infinity, keys()).
accept note(number, number).
b: note@esp::D(N, Copy) :- burst(D, N), Copy <- [1, 2, 3].
t: note@esp::"${B}"(E % 1000000, 0) :- periodic(E, 1ms, 3000), localAddr("${A}").
a: arrived(N, Copy) :- note(N, Copy).
`;

const KEY: Uint8Array = new Uint8Array(16).fill(7);
const SALT: Uint8Array = Uint8Array.of(1, 2, 3, 4);

/** The ends of an association from a to b. */
function association(address: string): readonly Fact[] {
  return address === A
    ? [{ predicate: "esp.outbound", args: [B, 5000, KEY, SALT, "10.0.0.2:4500"] }]
    : [{ predicate: "esp.inbound", args: [5000, KEY, SALT] }];
}

const [C, D] = ["10.0.0.3:10000", "10.0.0.4:10000"] as const;

const KEYS = `
import "${PROGRAMS}/esp-keys.mzl".
materialize(arrived, infinity, infinity, keys()).
accept note(string).
s: note@esp::To(Text) :- say(To, Text).
a: arrived(Text) :- note(Text).
`;

/** Members with one secret but d, whose secret is another one. */
function members(): ProgramNetwork {
  return new ProgramNetwork({
    program: KEYS,
    addresses: [A, B, C, D],
    facts: () => [A, B, C, D].map((member) => ({ predicate: "esp.member", args: [member] })),
    secrets: (address) => new Map([["esp", new Uint8Array(32).fill(address === D ? 2 : 1)]]),
  });
}

function network(program: string, faults: Faults): ProgramNetwork {
  return new ProgramNetwork({ program, addresses: [A, B], faults, facts: association });
}

/** Numbers of the notes that arrived at b, each as often as it arrived. */
function arrivals(scene: ProgramNetwork): readonly number[] {
  return scene.rows(B, "arrived").map(([number]) => number as number);
}

describe("an overlay in ESP", () => {
  test.each<Faults>([
    { delay: 0.005, duplicate: 0.2, reorder: 0.2 },
    { delay: 0.005, duplicate: 0.2, reorder: 0.2, loss: 0.02 },
    { delay: 0.005, jitter: 0.004, duplicate: 0.2, reorder: 0.2, holdBack: 0.1 },
  ])("delivers nothing twice and loses only packets that a link loses, with %o", (faults) => {
    const scene = network(SCENE, faults);
    scene.pass(5);
    const { lost, duplicated, heldBack } = scene.simulation.network;
    expect(Math.min(duplicated, heldBack)).toBeGreaterThan(400);
    expect(new Set(arrivals(scene)).size).toBe(arrivals(scene).length);
    expect(arrivals(scene).length).toBe(3000 - lost);
  });

  test("carries several tuples of one step", () => {
    const scene = network(SCENE, { delay: 0.005 });
    scene.pass(0.5);
    scene.node(A).insert("burst", [B, 7]);
    scene.pass(0.1);
    expect(scene.rows(B, "arrived").filter(([, copy]) => copy !== 0)).toEqual([1, 2, 3].map((copy) => [7, copy]));
  });
});

describe("keys from a secret", () => {
  test("join the members that have it, with an association for each direction", () => {
    const scene = members();
    scene.pass(6);
    const spis = (address: string, table: string, column: number): readonly unknown[] =>
      scene.rows(address, `esp.${table}`).map((row) => row[column]);
    expect([A, B, C, D].map((address) => scene.rows(address, "esp.outbound").length)).toEqual([2, 2, 2, 0]);
    const outbound = [A, B, C].flatMap((address) => spis(address, "outbound", 1));
    expect(new Set(outbound).size).toBe(6);
    expect(new Set([A, B, C].flatMap((address) => spis(address, "inbound", 0)))).toEqual(new Set(outbound));
    for (const to of [B, C, D]) scene.node(A).insert("say", [to, "hello"]);
    scene.pass(1);
    expect([B, C, D].map((address) => scene.rows(address, "arrived"))).toEqual([[["hello"]], [["hello"]], []]);
  });

  test("are new ones when a member starts again", () => {
    const scene = members();
    scene.pass(6);
    const before = scene.rows(A, "esp.outbound").find(([to]) => to === B);
    scene.crash(B);
    scene.simulation.host(B).start();
    scene.pass(1);
    const after = scene.rows(A, "esp.outbound").find(([to]) => to === B);
    expect([after?.[1] === before?.[1], after?.[2] === before?.[2]]).toEqual([false, false]);
    scene.node(A).insert("say", [B, "again"]);
    scene.node(B).insert("say", [A, "and back"]);
    scene.pass(1);
    expect([scene.rows(B, "arrived"), scene.rows(A, "arrived")]).toEqual([[["again"]], [["and back"]]]);
  });
});
