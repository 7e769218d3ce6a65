import { describe, expect, test } from "vitest";
import { addressesOf, ProgramNetwork } from "./program-network.ts";

const INTERVAL = 10;
const JITTER = 2;

const PROGRAM = `watch(rang).
watch(shook).
a: rang(E) :- periodic(E, ${INTERVAL}).
b: rang(E) :- periodic(E, ${INTERVAL}).
c: shook(E) :- periodic(E, ${INTERVAL}, 0, 0, ${JITTER}).
d: heard() :- rang(_).
e: heard() :- shook(_).
`;

function events(network: ProgramNetwork, name: string): readonly { readonly time: number; readonly number: number }[] {
  return network.said
    .filter(({ op, tuple }) => op === "event" && tuple[0] === name)
    .map(({ t: time, tuple }) => ({ time, number: tuple[1] as number }));
}

describe("periodic", () => {
  test("fires every interval, extended by a random time up to the jitter", () => {
    const network = new ProgramNetwork({ program: PROGRAM, addresses: addressesOf(1) });
    network.pass(2000);
    const rang = events(network, "rang").map(({ time }) => time);
    expect(rang).toEqual(Array.from({ length: 400 }, (_, at) => INTERVAL * (1 + Math.floor(at / 2))));
    const shook = events(network, "shook").map(({ time }) => time);
    const intervals = shook.slice(1).map((time, at) => time - (shook[at] as number));
    expect(intervals.length).toBeGreaterThan(2000 / (INTERVAL + JITTER) - 2);
    expect(Math.min(...intervals)).toBeGreaterThanOrEqual(INTERVAL - 1e-6);
    expect(Math.max(...intervals)).toBeLessThanOrEqual(INTERVAL + JITTER + 1e-6);
    expect(Math.max(...intervals) - Math.min(...intervals)).toBeGreaterThan(JITTER / 2);
  });

  test("gives its events ids that no other timer has, on any node, before and after a restart", () => {
    const network = new ProgramNetwork({ program: PROGRAM, addresses: addressesOf(5) });
    network.pass(50);
    for (const address of network.addresses) network.simulation.host(address).restart();
    network.pass(50);
    const numbers = [...events(network, "rang"), ...events(network, "shook")].map(({ number }) => number);
    expect(numbers.length).toBeGreaterThan(5 * (10 + 10));
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  test("gives its events consecutive ids: the last six digits count", () => {
    const network = new ProgramNetwork({ program: PROGRAM, addresses: addressesOf(1) });
    network.pass(45);
    const counted = events(network, "shook").map(({ number }) => number % 1e6);
    expect(counted.slice(0, 4)).toEqual([0, 1, 2, 3]);
  });
});
