/** A Chord ring on simulated nodes: `overlog.test.ts` has some of the rings, `overlog.long.test.ts` all. */
import { expect, test } from "vitest";
import { sha1 } from "../../runtime/plan/library/functions/sha1.ts";
import type { Values } from "../../runtime/plan/values/value.ts";
import { addressesOf, ProgramNetwork } from "./program-network.ts";

/** Four consecutive nodes of a ring that die. */
interface Deaths {
  /** Number of nodes of the ring. */
  readonly count: number;
  /** Position of the first of the four, counted from the landmark. */
  readonly first: number;
  readonly what: string;
}

export const ALL_DEATHS: readonly Deaths[] = [
  { count: 20, first: 5, what: "somewhere" },
  { count: 8, first: 1, what: "after the landmark" },
  { count: 8, first: 6, what: "with the landmark" },
  { count: 6, first: 2, what: "of six nodes" },
];

function ring(addresses: readonly string[]): readonly string[] {
  const idOf = new Map(addresses.map((address) => [address, sha1(address)]));
  return addresses.toSorted((one, other) => ((idOf.get(one) as bigint) < (idOf.get(other) as bigint) ? -1 : 1));
}

/** The first node whose id is not less than the key. */
function ownerOf(key: bigint, addresses: readonly string[]): string {
  const order = ring(addresses);
  return order.find((address) => sha1(address) >= key) ?? (order[0] as string);
}

function successors(network: ProgramNetwork, addresses: readonly string[]): readonly unknown[] {
  return addresses.map((address) => network.rows(address, "bestSucc")[0]?.[2]);
}

function inOrder(addresses: readonly string[]): readonly unknown[] {
  const order = ring(addresses);
  return addresses.map((address) => order[(order.indexOf(address) + 1) % order.length]);
}

export function chord(count: number): ProgramNetwork {
  const addresses = addressesOf(count);
  return new ProgramNetwork({
    program: "programs/overlog/chord.olg",
    addresses,
    faults: { delay: 0.02 },
    defines: { LANDMARK: `"${addresses[0]}"` },
  });
}

/** Declares the test of a ring of so many nodes. A fifth of them die. */
export function testRing(count: number): void {
  test(`${count} nodes form a ring, lookups find the owners of keys, and the ring closes over dead nodes`, () => {
    const network = chord(count);
    network.pass(300);
    expect(successors(network, network.addresses)).toEqual(inOrder(network.addresses));

    const keys = Array.from({ length: 100 }, (_, at) => sha1(`key ${at}`));
    const asked = keys.map((key, at) => ({ key, from: network.addresses[at % count] as string, number: 1000 + at }));
    const first = network.said.length;
    for (const { key, from, number } of asked) network.node(from).insert("lookup", [from, key, from, number]);
    network.pass(5);
    const found = new Map(
      network.said.slice(first).flatMap(({ op, tuple }) => (op === "event" ? [[tuple[5], tuple[4]] as const] : [])),
    );
    for (const { key, number } of asked) expect(found.get(number)).toBe(ownerOf(key, network.addresses));

    const dead = ring(network.addresses).filter((_, at) => at % 5 === 0 && at > 0);
    for (const address of dead) network.crash(address);
    network.pass(120);
    const living = network.addresses.filter((address) => !dead.includes(address));
    expect(successors(network, living)).toEqual(inOrder(living));
  });
}

/** Tuples that a stranger sends to the second of three nodes, and the table that they would spoil. */
interface Hostile {
  readonly what: string;
  readonly tuples: (addresses: readonly string[]) => readonly (readonly [event: string, ...args: Values])[];
}

const FALSE_ID = 0x92367493afcce42cefa825d4358af4867b8bb602n;

export const HOSTILE: readonly Hostile[] = [
  { what: "an offer with a false id", tuples: ([one = "", two = ""]) => [["offer", two, FALSE_ID, one]] },
  { what: "a predecessor with a false id", tuples: ([one = "", two = ""]) => [["notify", two, one, sha1(two) - 1n]] },
  {
    what: "a lookup's result with a false id",
    tuples: ([one = "", two = ""]) => [["results", two, sha1(two), FALSE_ID, one, 1]],
  },
  { what: "the number of no finger", tuples: ([, two = ""]) => [["fix", two, -3.25, 1n]] },
];

/** Declares the tests of rings of three nodes that take tuples of strangers. */
export function testHostile(hostile: readonly Hostile[]): void {
  test.for(hostile)("$what changes no ids, no lookups and no fingers", ({ tuples }) => {
    const network = chord(3);
    network.pass(60);
    const before = sentWithin(network, 60);
    const [, second = ""] = network.addresses;
    for (const [event, ...args] of tuples(network.addresses)) network.node(second).insert(event, args);
    expect(sentWithin(network, 60)).toBeLessThan(before * 1.1);
    const known = network.addresses.flatMap((address) => network.rows(address, "route"));
    for (const [, id, address] of known) expect(id).toBe(sha1(address as string));
    for (const [, id, address] of network.rows(second, "pred")) expect(id).toBe(sha1(address as string));
    for (const [, number] of network.rows(second, "nextFinger")) expect([157, 158, 159]).toContain(number);
  });
}

/** Returns the number of datagrams that the network sends within some seconds. */
function sentWithin(network: ProgramNetwork, seconds: number): number {
  const sent = (): number =>
    network.addresses.reduce((sum, address) => sum + network.node(address).metrics().network.sent, 0);
  const before = sent();
  network.pass(seconds);
  return sent() - before;
}

/** Declares the tests of rings whose nodes die. */
export function testDeaths(deaths: readonly Deaths[]): void {
  test.for(deaths)("the ring closes after four consecutive nodes die at once: $what", ({ count, first }) => {
    const network = chord(count);
    network.pass(300);
    const order = ring(network.addresses);
    const landmark = order.indexOf(network.addresses[0] as string);
    const dead = [0, 1, 2, 3].map((at) => order[(landmark + first + at) % count] as string);
    for (const address of dead) network.crash(address);
    network.pass(180);
    const living = network.addresses.filter((address) => !dead.includes(address));
    expect(successors(network, living)).toEqual(inOrder(living));
  });
}
