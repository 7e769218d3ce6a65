/** The depth of a recursion across nodes is limited by the length of a row with its proof, and what exceeds it is counted. */
import { expect, test } from "vitest";
import { addressesOf, ProgramNetwork } from "../sim/program-network.ts";

const HERE = addressesOf(1)[0] as string;
const THERE = addressesOf(2)[1] as string;

/** Two nodes that count, each from the number of the other. */
const COUNTING = `
materialize(peer, infinity, infinity, keys(1)).
materialize(start, infinity, infinity, keys(1)).
materialize(n, infinity, infinity, keys(1)).
s: n(@X, N) :- start(@X, N).
c: n(@Y, M) :- peer(@X, Y), n(@X, N), M := N + 1, N < 1000.
`.replaceAll("keys(1)", "keys(1,2)");

/** About 500 rows, of 21 bytes and more each, fit a row of 8 KiB. */
const [LEAST, MOST] = [300, 600];

test("rows of a recursion across nodes that depend on too many rows are dropped and counted, and all others arrive", () => {
  const other = new Map([
    [HERE, THERE],
    [THERE, HERE],
  ]);
  const network = new ProgramNetwork({
    program: COUNTING,
    addresses: [HERE, THERE],
    facts: (address) => [{ predicate: "peer", args: [address, other.get(address) as string] }],
  });
  network.node(HERE).insert("start", [HERE, 0]);
  network.pass(60);
  const numbers = [HERE, THERE].flatMap((at) => network.rows(at, "n").map(([, number]) => number as number));
  const deepest = Math.max(...numbers);
  expect(deepest).toBeGreaterThan(LEAST);
  expect(deepest).toBeLessThan(MOST);
  expect(numbers.toSorted((a, b) => a - b)).toEqual(Array.from({ length: deepest + 1 }, (_, number) => number));
  const dropped = [HERE, THERE].map((at) => network.node(at).counters.drops.get("row too long") ?? 0);
  expect(dropped.reduce((sum, count) => sum + count)).toBe(1);
  expect(network.node(HERE).counters.engine.stopped + network.node(THERE).counters.engine.stopped).toBe(0);
});
