import { describe, expect, test } from "vitest";
import { sha1 } from "../../runtime/plan/library/functions/sha1.ts";
import { ChordNetwork, inOrder } from "./chord-network.ts";
import { grow, passUntilIdeal, wrongLookups } from "./chord-ring.ts";

/** The ring of `chord.mzl` on simulated nodes. */
describe("boot and join", () => {
  test("the first nodes begin with the lists and predecessors of the ideal ring", () => {
    const network = new ChordNetwork({ successors: 3 });
    while (network.members().length === 0) network.pass(0.1);
    network.pass(2);
    expect(network.strays()).toEqual([]);
  });

  test.for([16, 64])("%d nodes form one ordered ring, and every lookup finds the owner", (count) => {
    const network = new ChordNetwork({ successors: 3 });
    grow(network, count);
    passUntilIdeal(network, 60);
    expect(wrongLookups(network, 200)).toEqual([]);
  });
});

test("every node finds a node that has just joined, before the lists of all have it", () => {
  const network = new ChordNetwork({ successors: 8 });
  grow(network, 20);
  passUntilIdeal(network, 60);
  for (let at = 0; at < 5; at++) {
    const joined = network.join();
    while (network.list(joined).length === 0) network.pass(0.1);
    network.pass(0.2);
    const without = network.members().filter((one) => !network.list(one).some(([, address]) => address === joined));
    const asked = without.map((one) => network.ask(one, sha1(joined) - 1n, "find"));
    network.pass(2);
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.filter((number) => network.answer(number) !== joined)).toEqual([]);
  }
});

describe("failures", () => {
  test("the ring closes over dead nodes, and they join again", () => {
    const network = new ChordNetwork({ successors: 3 });
    grow(network, 20);
    passUntilIdeal(network, 60);
    const dead = inOrder(network.addresses).filter((_, at) => at % 5 < 2);
    for (const address of dead) network.crash(address);
    passUntilIdeal(network, 60);
    expect(wrongLookups(network, 100, "find")).toEqual([]);
    for (const address of dead) network.restart(address);
    passUntilIdeal(network, 60);
    expect(network.addresses.length).toBe(20);
  });

  test("nodes of the first ring that restart join, and do not begin another ring", () => {
    const network = new ChordNetwork({ successors: 3 });
    passUntilIdeal(network, 10);
    const [first = "", second = ""] = network.addresses;
    network.crash(first);
    network.restart(first);
    network.pass(1);
    passUntilIdeal(network, 60);
    network.crash(second);
    passUntilIdeal(network, 60);
    network.restart(second);
    passUntilIdeal(network, 60);
    expect(network.members().length).toBe(4);
  });

  test("half of the nodes stop at once, and the others close the ring", () => {
    const network = new ChordNetwork({ successors: 8 });
    grow(network, 48);
    passUntilIdeal(network, 60);
    network.pass(60);
    for (const address of inOrder(network.addresses).filter((_, at) => (at * 7) % 48 < 24)) network.crash(address);
    passUntilIdeal(network, 60);
    expect(wrongLookups(network, 200, "find")).toEqual([]);
    network.pass(60);
    expect(wrongLookups(network, 200)).toEqual([]);
  });
});

test("a partition becomes two rings, which are one within 60 s after it ends", () => {
  const network = new ChordNetwork({ successors: 3 });
  grow(network, 24);
  passUntilIdeal(network, 60);
  const [left, right] = [0, 1].map((half) => network.addresses.filter((_, at) => at % 2 === half));
  for (const one of left ?? []) for (const other of right ?? []) network.setPath(one, other, false);
  network.pass(180);
  expect(network.strays(left)).toEqual([]);
  expect(network.strays(right)).toEqual([]);
  for (const one of left ?? []) for (const other of right ?? []) network.setPath(one, other, true);
  passUntilIdeal(network, 60);
  expect(wrongLookups(network, 100)).toEqual([]);
});
