import { describe, expect, test } from "vitest";
import { formatTuple } from "../../runtime/plan/values/format.ts";
import { ALL_DEATHS, chord, HOSTILE, testDeaths, testHostile, testRing } from "./chord.ts";
import { addressesOf, ProgramNetwork } from "./program-network.ts";

/** Published overlays written in OverLog, on simulated nodes. */
describe("gossip", () => {
  function gossip(count: number, loss: number): ProgramNetwork {
    const addresses = addressesOf(count);
    return new ProgramNetwork({
      program: "programs/overlog/gossip.olg",
      addresses,
      faults: { delay: 0.02, loss },
      // Each node knows the one before it: a chain.
      facts: (address) => {
        const before = addresses[addresses.indexOf(address) - 1];
        return before === undefined ? [] : [{ predicate: "member", args: [address, before] }];
      },
    });
  }

  test.for([0, 0.2])("a rumour, and a later version of it, reach 30 nodes (loss %d)", (loss) => {
    const network = gossip(30, loss);
    const [first = "", second = ""] = network.addresses;
    network.node(first).insert("say", [first, "colour", "blue"]);
    network.pass(60);
    for (const address of network.addresses) {
      expect(network.rows(address, "rumour")).toEqual([[address, "colour", 1, "blue"]]);
    }
    network.node(second).insert("say", [second, "colour", "red"]);
    network.pass(60);
    for (const address of network.addresses) {
      expect(network.rows(address, "rumour")).toEqual([[address, "colour", 2, "red"]]);
    }
  });

  test("nodes that say different values at the same time agree on one of them", () => {
    const network = gossip(5, 0);
    network.pass(10);
    for (const [at, address] of network.addresses.entries()) {
      network.node(address).insert("say", [address, "colour", `colour ${at}`]);
      network.node(address).insert("say", [address, `key ${at % 2}`, at < 2 ? at : String(at)]);
    }
    network.pass(60);
    const [first = [], ...others] = network.addresses.map((address) =>
      network
        .rows(address, "rumour")
        .map(([, ...rumour]) => formatTuple("rumour", rumour))
        .toSorted(),
    );
    expect(first).toEqual([
      expect.stringContaining('("colour", 1, '),
      expect.stringContaining('("key 0", 1, '),
      expect.stringContaining('("key 1", 1, '),
    ]);
    for (const other of others) expect(other).toEqual(first);
  });

  test("strangers are peers until they have been silent for a minute, and members stay", () => {
    const network = gossip(3, 0);
    const [first = "", second = ""] = network.addresses;
    network.pass(5);
    for (let at = 0; at < 200; at++) network.node(second).insert("hello", [second, `6.6.6.${at}:6`, null]);
    network.pass(1);
    expect(network.rows(second, "peer").length).toBeGreaterThan(200);
    network.pass(120);
    for (const address of network.addresses) {
      expect(network.rows(address, "peer").every(([, peer]) => network.addresses.includes(peer as string))).toBe(true);
    }
    expect(network.rows(second, "member")).toEqual([[second, first]]);
  });

  test("nodes agree on values from strangers, and then exchange digests alone", () => {
    const network = gossip(3, 0);
    const [first = "", second = "", third = ""] = network.addresses;
    for (const [at, version] of [1.5, NaN, Infinity, 2 ** 53 - 1, -1, 2 ** 52, 7].entries()) {
      network.node(first).insert("tell", [first, `key ${at}`, version, at]);
      network.node(second).insert("latest", [second, `key ${at}`, at, version]);
    }
    network.pass(60);
    const rumours = [first, second, third].map((address) =>
      network.rows(address, "rumour").map(([, key, version]) => [key, version]),
    );
    expect(rumours[0]?.length).toBeGreaterThan(2);
    expect(rumours[1]?.toSorted()).toEqual(rumours[0]?.toSorted());
    expect(rumours[2]?.toSorted()).toEqual(rumours[0]?.toSorted());
    const sent = (): number =>
      network.addresses.reduce((sum, address) => sum + network.node(address).metrics().network.sent, 0);
    const before = sent();
    network.pass(10);
    // A digest, its answer, and the greeting of one more peer for each node and second.
    expect(sent() - before).toBeLessThanOrEqual(3 * 10 * 3 + 3);
  });
});

describe("spanning tree", () => {
  const addresses = addressesOf(9);
  const [root = "", second = ""] = addresses;

  /** A grid of three by three. */
  function neighbours(at: number): readonly string[] {
    const [row, column] = [Math.floor(at / 3), at % 3];
    return addresses.filter((_, other) => {
      return Math.abs(Math.floor(other / 3) - row) + Math.abs((other % 3) - column) === 1;
    });
  }

  function tree(): ProgramNetwork {
    const network = new ProgramNetwork({
      program: "programs/overlog/spanning-tree.olg",
      addresses,
      faults: { delay: 0.01 },
      facts: (address) => {
        return neighbours(addresses.indexOf(address)).map((to) => ({ predicate: "link", args: [address, to] }));
      },
    });
    network.pass(15);
    return network;
  }

  test("all nodes know one root and their distance to it", () => {
    const network = tree();
    const distances = addresses.map((address) => network.rows(address, "tree")[0]?.slice(1, 3));
    expect(distances).toEqual([0, 1, 2, 1, 2, 3, 2, 3, 4].map((distance) => [root, distance]));
  });

  test("a message of one node reaches each node once", () => {
    const network = tree();
    const speaker = addresses[5] as string;
    network.node(speaker).insert("cast", [speaker, "hello", speaker]);
    network.pass(5);
    const heard = network.said.filter((line) => line.tuple[0] === "hear" && line.op === "event");
    expect(heard.map((line) => line.tuple[1] as string).toSorted()).toEqual(addresses.toSorted());
  });

  test("the rest elects a new root without the old one", () => {
    const network = tree();
    network.crash(root);
    network.pass(60);
    const roots = addresses.slice(1).map((address) => network.rows(address, "tree")[0]?.[1]);
    expect(new Set(roots)).toEqual(new Set([second]));
  });
});

describe("mesh", () => {
  test("all members know each other, and mark dead ones", () => {
    const addresses = addressesOf(16);
    const network = new ProgramNetwork({
      program: "programs/overlog/mesh.olg",
      addresses,
      faults: { delay: 0.02, loss: 0.05 },
      defines: { BOOTSTRAP: `"${addresses[0]}"` },
    });
    const known = (address: string, isAlive: number): readonly unknown[] => {
      const members = network.rows(address, "member").filter(([, , , , alive]) => alive === isAlive);
      return members.map(([, member]) => member as string).toSorted();
    };
    network.pass(60);
    for (const address of addresses) expect(known(address, 1)).toEqual(addresses.toSorted());
    const [, victim = ""] = addresses;
    network.crash(victim);
    network.pass(60);
    for (const address of addresses.filter((one) => one !== victim)) {
      expect(known(address, 0)).toEqual([victim]);
      expect(network.rows(address, "neighbor").length).toBeGreaterThanOrEqual(2);
    }
  });
});

describe("path vector", () => {
  test("paths follow links that are added, changed and removed", () => {
    const addresses = addressesOf(4);
    const [a = "", b = "", c = "", d = ""] = addresses;
    const links: readonly (readonly [string, string, number])[] = [
      [a, b, 1],
      [b, c, 5],
      [c, d, 1],
      [a, c, 9],
      [b, a, 1],
      [c, b, 5],
      [d, c, 1],
      [c, a, 9],
    ];
    const network = new ProgramNetwork({
      program: "programs/overlog/path-vector.olg",
      addresses,
      faults: { delay: 0.02, loss: 0.1 },
      facts: (address) => links.filter(([from]) => from === address).map((args) => ({ predicate: "link", args })),
    });
    const best = (from: string): readonly unknown[] => network.rows(from, "best").map((row) => row.slice(2));
    network.pass(20);
    expect(best(a)).toEqual([
      [1, [a, b]],
      [6, [a, b, c]],
      [7, [a, b, c, d]],
    ]);
    network.node(b).insert("link", [b, c, 20]);
    network.pass(20);
    expect(best(a)).toContainEqual([10, [a, c, d]]);
    network.node(a).delete("link", [a, c, 9]);
    network.pass(20);
    expect(best(a)).toContainEqual([22, [a, b, c, d]]);
    network.node(b).delete("link", [b, c, 20]);
    network.pass(20);
    expect(best(a)).toEqual([[1, [a, b]]]);
    expect(best(b)).toEqual([[1, [b, a]]]);
  });
});

describe("chord", () => {
  // `overlog.long.test.ts` has a larger ring, and all deaths.
  testRing(12);

  testDeaths(ALL_DEATHS.filter(({ what }) => ["with the landmark", "of six nodes"].includes(what)));

  testHostile(HOSTILE);

  test("a forged count of missed pings hides no dead node", () => {
    const network = chord(3);
    network.pass(60);
    const [one = ""] = network.addresses;
    const dead = network.rows(one, "pred")[0]?.[2] as string;
    network.crash(dead);
    network.node(one).insert("tries", [one, dead, -1e15]);
    network.pass(60);
    expect(network.rows(one, "peer")).not.toContainEqual([one, dead]);
  });

  test("a node answers pings to the address that it hashed, and to no other of its addresses", () => {
    const network = chord(3);
    network.pass(60);
    const [one = "", two = ""] = network.addresses;
    const answers = (name: string): number => {
      const before = network.node(one).metrics().network.sent;
      network.node(one).insert("ping", [name, two]);
      return network.node(one).metrics().network.sent - before;
    };
    expect(answers(one)).toBe(1);
    expect(answers("192.168.0.1:10000")).toBe(0);
  });
});
