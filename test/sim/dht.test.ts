import { describe, expect, test } from "vitest";
import { formatTuple } from "../../runtime/plan/values/format.ts";
import { sha1 } from "../../runtime/plan/library/functions/sha1.ts";
import { ChordNetwork, inOrder, ownerOf } from "./chord-network.ts";
import { grow, passUntilIdeal } from "./chord-ring.ts";

const KEYS = Array.from({ length: 40 }, (_, at) => `key ${at}`);
const COPIES = 3;

function put(network: ChordNetwork, value: string): void {
  const from = network.addresses;
  for (const [at, key] of KEYS.entries()) network.node(from[at % from.length] as string).insert("put", [key, value]);
  network.pass(5);
}

/** Returns the values of all keys, each asked of another node. */
function got(network: ChordNetwork): readonly unknown[] {
  const from = network.addresses;
  const asked = KEYS.map((key, at) => network.askFor(from[at % from.length] as string, key));
  network.pass(6);
  return asked.map((number) => network.answer(number));
}

/** Returns the number of nodes that hold each key. */
function holders(network: ChordNetwork): readonly number[] {
  const rows = network.addresses.flatMap((address) => network.node(address).rows("dht.item") ?? []);
  return KEYS.map((key) => rows.filter((row) => row[0] === key).length);
}

test("values are on the owner and its successors, and stay while nodes fail and join", () => {
  const network = new ChordNetwork({ successors: COPIES, program: "test/sim/dht-client.mzl" });
  grow(network, 16);
  passUntilIdeal(network, 60);
  expect(got(network)).toEqual(KEYS.map(() => undefined));
  put(network, "one");
  expect(got(network)).toEqual(KEYS.map(() => "one"));
  expect(holders(network)).toEqual(KEYS.map(() => COPIES));

  put(network, "two");
  const dead = inOrder(network.addresses).filter((_, at) => at % 8 < 2);
  for (const address of dead) network.crash(address);
  passUntilIdeal(network, 60);
  expect(got(network)).toEqual(KEYS.map(() => "two"));

  grow(network, 24);
  passUntilIdeal(network, 60);
  expect(got(network)).toEqual(KEYS.map(() => "two"));
  network.pass(200);
  expect(holders(network)).toEqual(KEYS.map(() => COPIES));
});

test("a put returns when the owner and all copies have the value", () => {
  const network = new ChordNetwork({ successors: COPIES, program: "test/sim/dht-client.mzl" });
  grow(network, 8);
  passUntilIdeal(network, 60);
  const [first = ""] = network.addresses;
  network.node(first).insert("put", ["key 0", "one"]);
  for (let wait = 0; wait < 100 && network.node(first).rows("stored")?.length === 0; wait++) network.pass(0.02);
  expect(network.node(first).rows("stored")).toEqual([["key 0"]]);
  expect(holders(network)[0]).toBe(COPIES);
});

test("a put after a forged version is the newer one, and a version out of range is refused", () => {
  const network = new ChordNetwork({ successors: COPIES, program: "test/sim/dht-client.mzl" });
  grow(network, 4);
  passUntilIdeal(network, 60);
  const [first = ""] = network.addresses;
  const forged = [2 ** 31 + 5, 2 ** 32 - 1, 2 ** 53, 2 ** 53 - 1, -1, 0.5, NaN, "x"];
  for (const [at, version] of forged.entries()) {
    for (const address of network.addresses)
      network.node(address).insert("dht.copy", [KEYS[at] as string, "forged", version]);
  }
  network.pass(1);
  for (const at of forged.keys()) network.node(first).insert("put", [KEYS[at] as string, "mine"]);
  network.pass(5);
  const asked = forged.map((_, at) => network.askFor(first, KEYS[at] as string));
  network.pass(6);
  expect(asked.map((number) => network.answer(number))).toEqual(forged.map(() => "mine"));
  const rows = network.addresses.flatMap((address) => network.node(address).rows("dht.item") ?? []);
  expect(rows.filter(([, value]) => value === "mine")).toHaveLength(COPIES * forged.length);
});

test("a put at an owner that has not got the value yet is newer than the copies", () => {
  const network = new ChordNetwork({ successors: COPIES, program: "test/sim/dht-client.mzl" });
  grow(network, 8);
  passUntilIdeal(network, 60);
  const [first = ""] = network.addresses;
  for (const value of ["one", "two", "three"]) {
    network.node(first).insert("put", ["key 0", value]);
    network.pass(2);
  }
  const owner = network.addresses.find((address) => network.node(address).rows("dht.item")?.length === 1) as string;
  for (const row of network.node(owner).rows("dht.item") ?? []) network.node(owner).delete("dht.item", row);
  network.node(first).insert("put", ["key 0", "a"]);
  network.pass(100);
  const rows = network.addresses.flatMap((address) => network.node(address).rows("dht.item") ?? []);
  expect(rows.map(([, value]) => value)).toEqual(Array.from({ length: COPIES }, () => "a"));
});

/** Returns the owner of a key and the further holders, in the order of the ring. */
function holdersOf(network: ChordNetwork, key: string): readonly string[] {
  const ring = inOrder(network.addresses);
  const at = ring.indexOf(ownerOf(sha1(key), ring));
  return Array.from({ length: COPIES }, (_, by) => ring[(at + by) % ring.length] as string);
}

/** Sets what a node holds for a key. */
function hold(network: ChordNetwork, address: string, key: string, value: string, version: number): void {
  network.node(address).insert("dht.item", [key, value, version, 0]);
}

/** Deletes what a node holds for a key. */
function lose(network: ChordNetwork, address: string, key: string): void {
  for (const row of network.node(address).rows("dht.item") ?? [])
    if (row[0] === key) network.node(address).delete("dht.item", row);
}

describe("a get at an owner that has no value", () => {
  test("returns the newest value of the further holders", () => {
    const network = new ChordNetwork({ successors: COPIES, program: "test/sim/dht-client.mzl" });
    grow(network, 8);
    passUntilIdeal(network, 60);
    put(network, "one");
    for (const key of KEYS) {
      const [owner = "", next = "", last = ""] = holdersOf(network, key);
      lose(network, owner, key);
      hold(network, next, key, "old", 2 ** 32 - 5);
      hold(network, last, key, "new", 7);
    }
    expect(got(network)).toEqual(KEYS.map(() => "new"));
  });

  test("goes on after holders that do not answer or have no value, and fails if none has one", () => {
    const network = new ChordNetwork({ successors: COPIES, program: "test/sim/dht-client.mzl" });
    grow(network, 8);
    passUntilIdeal(network, 60);
    const [owner = "", next = "", last = ""] = holdersOf(network, "key 0");
    const asking = network.addresses.find((address) => ![owner, next, last].includes(address)) as string;
    const get = (seconds: number): readonly unknown[] => {
      const number = network.askFor(asking, "key 0");
      network.pass(seconds);
      return [network.answer(number), network.reason(number)];
    };
    expect(get(0.5)).toEqual([undefined, "no such key"]);
    hold(network, last, "key 0", "one", 1);
    expect(get(0.5)).toEqual(["one", undefined]);
    network.crash(next);
    expect(get(2)).toEqual(["one", undefined]);
  });
});

test.each([
  [1, 2 ** 31 + 1, 1],
  [2 ** 31 + 1, 1, 1],
  [1, 2 ** 31 - 10, 2 ** 32 - 20],
  [0, 1_400_000_000, 2_800_000_000],
  [2_800_000_000, 1_400_000_000, 0],
  [2 ** 32 - 2, 5, 2 ** 31],
])("a put replaces the values of holders whatever their versions are: %d, %d, %d", (...versions) => {
  const network = new ChordNetwork({ successors: COPIES, program: "test/sim/dht-client.mzl" });
  grow(network, 4);
  passUntilIdeal(network, 60);
  for (const [at, address] of holdersOf(network, "key 0").entries())
    hold(network, address, "key 0", "forged", versions[at] as number);
  network.node(network.addresses[0] as string).insert("put", ["key 0", "mine"]);
  network.pass(1);
  const rows = (): readonly unknown[] =>
    network.addresses.flatMap((address) => (network.node(address).rows("dht.item") ?? []).map(([, value]) => value));
  expect(rows()).toEqual(["mine", "mine", "mine"]);
  network.pass(100);
  expect(rows()).toEqual(["mine", "mine", "mine"]);
});

test("two puts at the same time leave one value on all holders", () => {
  const network = new ChordNetwork({ successors: COPIES, program: "test/sim/dht-client.mzl" });
  grow(network, 8);
  passUntilIdeal(network, 60);
  for (const [at, address] of network.addresses.entries())
    for (const key of KEYS) network.node(address).insert("put", [key, `value ${at}`]);
  network.pass(100);
  for (const key of KEYS) {
    const rows = network.addresses.flatMap((address) => network.node(address).rows("dht.item") ?? []);
    const values = rows.filter((row) => row[0] === key).map((row) => formatTuple("dht.item", row));
    expect([values.length, new Set(values).size]).toEqual([COPIES, 1]);
  }
});

test("a repair moves more items than a step may send", () => {
  const network = new ChordNetwork({ successors: COPIES, program: "test/sim/dht-client.mzl" });
  grow(network, 4);
  passUntilIdeal(network, 60);
  const [first = ""] = network.addresses;
  const count = 12_000;
  for (let number = 0; number < count; number++) network.node(first).insert("dht.hand", [number, "value", 1]);
  network.pass(70);
  for (const address of network.addresses)
    expect(network.node(address).rows("dht.item")?.length).toBeGreaterThan(count / 3);
  const all = new Set(
    network.addresses.flatMap((address) => (network.node(address).rows("dht.item") ?? []).map(([key]) => key)),
  );
  expect(all.size).toBe(count);
  const copies = network.addresses.reduce(
    (sum, address) => sum + (network.node(address).rows("dht.item")?.length ?? 0),
    0,
  );
  expect(copies).toBeGreaterThanOrEqual(COPIES * count);
});
