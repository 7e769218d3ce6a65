/** `i3.mzl` on a ring of simulated servers: triggers, stacks, and what hostile or mistaken triggers may cost. */
import { describe, expect, test } from "vitest";
import { sha1 } from "../../runtime/plan/library/functions/sha1.ts";
import { ALICE, ADDRESSES, BOB, CAROL, DAVE, idOf, IndirectionNetwork, SERVERS } from "./i3-network.ts";
import { addressesOf, compileProgram, ProgramNetwork } from "./program-network.ts";

const PREFIX = 0xabcdn << 144n;

/** Returns the part of an id that decides its server. */
function keyOf(name: string): bigint {
  return (idOf(name) >> 80n) << 80n;
}

describe("a packet for an id", () => {
  test("goes to each node that has a trigger for it", () => {
    const net = new IndirectionNetwork();
    for (const one of [BOB, CAROL, DAVE]) net.trigger(one, idOf("group"));
    net.say(ALICE, idOf("group"), "hello");
    expect([BOB, CAROL, DAVE, ALICE].map((one) => net.got(one))).toEqual([["hello"], ["hello"], ["hello"], []]);
    expect(net.dropped("no trigger")).toBe(0);
  });

  test("goes to the longest common prefix if no trigger has the id", () => {
    const net = new IndirectionNetwork();
    net.trigger(BOB, PREFIX | 0b1100n);
    net.trigger(CAROL, PREFIX | 0b1011n);
    net.say(ALICE, PREFIX | 0b1110n, "near bob");
    net.say(ALICE, PREFIX | 0b1000n, "near carol");
    net.say(ALICE, PREFIX | 0b1100n, "bob");
    expect(net.got(BOB)).toEqual(["near bob", "bob"]);
    expect(net.got(CAROL)).toEqual(["near carol"]);
  });

  test("is dropped and counted if no trigger has its prefix", () => {
    const net = new IndirectionNetwork();
    net.trigger(BOB, idOf("bob"));
    net.say(ALICE, idOf("nobody"), "hello");
    expect(net.dropped("no trigger")).toBe(1);
  });

  test("finds a receiver that has moved, and none after the receiver has failed", () => {
    const net = new IndirectionNetwork();
    net.trigger(BOB, idOf("bob"));
    net.node(BOB).rebind("i3", "10.0.0.99:10000", 0);
    net.pass(8);
    expect(ADDRESSES.flatMap((one) => net.rows(one, "i3.stored")).map((row) => row[3])).toContainEqual([BOB]);
    net.crash(BOB);
    net.pass(20);
    expect(ADDRESSES.filter((one) => one !== BOB).flatMap((one) => net.rows(one, "i3.stored"))).toEqual([]);
  });

  test("goes by way of another server after the server of its key has failed", () => {
    const net = new IndirectionNetwork();
    net.trigger(BOB, idOf("bob"));
    net.say(ALICE, idOf("bob"), "before");
    const server = SERVERS.find((one) => net.rows(one, "i3.stored").length > 0) ?? "";
    net.crash(server);
    net.pass(30);
    net.say(ALICE, idOf("bob"), "after");
    expect(net.got(BOB)).toEqual(["before", "after"]);
  });
});

describe("a stack", () => {
  test("leads through all its ids and addresses", () => {
    const net = new IndirectionNetwork();
    net.trigger(CAROL, idOf("carol"));
    net.trigger(BOB, idOf("bob"));
    net.say(ALICE, [idOf("carol"), BOB], "relayed");
    net.node(CAROL).insert("i3.service", [true]);
    net.say(ALICE, [idOf("carol"), idOf("bob")], "served");
    expect(net.got(BOB)).toEqual(["relayed", "served"]);
    expect(net.got(CAROL)).toEqual([]);
    expect(net.rows(CAROL, "served")).toEqual([[1]]);
  });

  test("goes on with its next id if the first has no trigger", () => {
    const net = new IndirectionNetwork();
    net.trigger(BOB, idOf("bob"));
    net.say(ALICE, [idOf("nobody"), idOf("bob")], "hello");
    expect(net.got(BOB)).toEqual(["hello"]);
  });

  test("of a trigger is put before the rest of the stack of a packet", () => {
    const net = new IndirectionNetwork();
    net.trigger(BOB, idOf("bob"));
    net.trigger(CAROL, idOf("carol"));
    net.trigger(BOB, idOf("bob by carol"), [idOf("carol"), idOf("bob")]);
    net.say(ALICE, idOf("bob by carol"), "hello");
    expect(net.got(BOB)).toEqual(["hello"]);
  });
});

describe("hostile triggers", () => {
  test("that put the address of another node behind an id bring it no packet", () => {
    const net = new IndirectionNetwork();
    net.trigger(CAROL, idOf("dave"), [idOf("unused"), BOB]);
    net.say(ALICE, idOf("dave"), "hello");
    expect(net.got(BOB)).toEqual([]);
  });

  test("do not replace the triggers of others", () => {
    const net = new IndirectionNetwork();
    net.trigger(BOB, idOf("bob"));
    net.node(CAROL).insert("chord.self", [sha1(BOB)]);
    net.trigger(CAROL, idOf("bob"));
    net.say(ALICE, idOf("bob"), "hello");
    expect(net.got(BOB)).toEqual(["hello"]);
  });

  test("that point to another node are not stored, and counted", () => {
    const net = new IndirectionNetwork();
    net.trigger(CAROL, idOf("flood"), [BOB]);
    net.say(ALICE, idOf("flood"), "hello");
    expect(net.got(BOB)).toEqual([]);
    expect(net.dropped("no consent")).toBeGreaterThan(0);
  });

  test.each<readonly [string, (net: IndirectionNetwork) => void]>([
    ["a trigger to its own id", (net) => net.trigger(CAROL, idOf("loop"), [idOf("loop")])],
    [
      "two triggers to their own id",
      (net) => {
        net.trigger(CAROL, idOf("loop"), [idOf("loop")]);
        net.trigger(DAVE, idOf("loop"), [idOf("loop")]);
        net.trigger(BOB, idOf("loop"));
      },
    ],
    [
      "two ids that point to each other",
      (net) => {
        net.trigger(CAROL, idOf("loop"), [idOf("pool")]);
        net.trigger(CAROL, idOf("pool"), [idOf("loop")]);
      },
    ],
    [
      "a service that a stack leads to again and again",
      (net) => {
        net.node(CAROL).insert("i3.service", [true]);
        net.trigger(CAROL, idOf("service"));
        net.trigger(DAVE, idOf("loop"), [idOf("service"), idOf("loop")]);
      },
    ],
  ])("end: %s cost at most 64 packets", (_, insert) => {
    const [idle, net] = [new IndirectionNetwork(), new IndirectionNetwork()];
    for (const one of [idle, net]) insert(one);
    net.node(ALICE).insert("say", [idOf("loop"), "hello"]);
    expect(net.datagrams() - idle.datagrams()).toBeLessThanOrEqual(64);
    const limited = net.addresses.filter((one) => net.node(one).counters.drops.has("hop limit"));
    expect(net.dropped("budget") + limited.length).toBeGreaterThan(0);
  });
});

test.each(["i3.ask", "i3.here"])("a packet of %s with a greater budget than a sender gives is not served", (event) => {
  const net = new IndirectionNetwork();
  net.trigger(CAROL, idOf("loop"), [idOf("loop")]);
  const server = SERVERS.find((one) => net.rows(one, "i3.stored").length > 0) ?? "";
  const insert = (budget: number): void => {
    net.node(server).insert(event, [keyOf("loop"), [idOf("loop")], budget, Uint8Array.of(1)]);
    net.pass(2);
  };
  insert(3000);
  expect(net.dropped("budget")).toBe(0);
  insert(32);
  expect(net.dropped("budget")).toBe(1);
});

test("inserts of many other nodes for an id do not keep a receiver from its packets", () => {
  const crowd = Array.from({ length: 60 }, (_, at) => `10.0.0.${100 + at}:10000`);
  const net = new IndirectionNetwork(undefined, undefined, undefined, crowd);
  for (const one of [...crowd, DAVE]) net.node(one).insert("i3.trigger", [idOf("crowd"), []]);
  net.pass(12);
  for (let at = 0; at < 10; at++) {
    net.say(ALICE, idOf("crowd"), `text ${at}`);
    net.pass(5);
  }
  const counts = [...crowd, DAVE].map((one) => net.got(one).length);
  expect(net.got(DAVE).length).toBeGreaterThan(0);
  expect(counts.filter((count) => count === 0)).toEqual([]);
});

test("a tuple that nobody asked for does not divert packets", () => {
  const net = new IndirectionNetwork();
  net.trigger(BOB, idOf("bob"));
  expect(compileProgram("programs/i3.mzl").plan.predicates.find(({ name }) => name === "i3.cache")?.wire).toMatchObject(
    {
      acceptTuple: false,
    },
  );
  net.say(ALICE, idOf("bob"), "first");
  net.say(ALICE, idOf("bob"), "second");
  expect(net.got(BOB)).toEqual(["first", "second"]);
  const server = SERVERS.find((one) => net.rows(one, "i3.stored").length > 0);
  expect(net.rows(ALICE, "i3.cache")).toEqual([[keyOf("bob"), server]]);
});

/** Returns how often a node has asked for the owner of a key. */
function lookups(net: IndirectionNetwork, by: string): number {
  return net.said.filter(({ node, op, tuple }) => node === by && op === "send" && tuple[0] === "chord.lookup.init")
    .length;
}

test("packets for one id ask once for its server, and all go through the own server meanwhile", () => {
  const net = new IndirectionNetwork();
  net.trigger(BOB, idOf("bob"));
  const texts = Array.from({ length: 20 }, (_, at) => `text ${at}`);
  for (const [at, text] of texts.entries()) {
    net.node(ALICE).insert("say", [idOf("bob"), text]);
    if (at % 5 === 0) net.pass(0.001);
  }
  net.pass(1);
  expect(net.got(BOB)).toEqual(texts);
  expect(lookups(net, ALICE)).toBe(1);
});

test("a node whose server does not answer asks again after two seconds", () => {
  const net = new IndirectionNetwork();
  const [[server] = []] = net.rows(ALICE, "i3.entry");
  net.crash(server as string);
  for (let at = 0; at < 30; at++) {
    net.node(ALICE).insert("say", [idOf("bob"), `text ${at}`]);
    net.pass(0.1);
  }
  expect(lookups(net, ALICE)).toBe(2);
});

test("a node gives up a server that is deleted, and itself when its ring is lost", () => {
  const net = new IndirectionNetwork();
  const [[asked] = []] = net.rows(ALICE, "i3.entry");
  net.node(ALICE).delete("i3.server", [asked as string]);
  net.pass(15);
  expect(SERVERS.slice(1, 3).filter((one) => one !== asked)).toEqual([net.rows(ALICE, "i3.entry")[0]?.[0]]);
  for (const one of SERVERS.slice(0, 4)) net.crash(one);
  net.pass(60);
  expect(net.rows(SERVERS[4] ?? "", "i3.entry")).toEqual([[null, Infinity]]);
});

test("equal drops at one time count each", () => {
  const net = new IndirectionNetwork();
  for (const one of [BOB, CAROL, DAVE]) net.trigger(one, idOf("many"), [idOf(one)]);
  const server = SERVERS.find((one) => net.rows(one, "i3.stored").length > 0) ?? "";
  net.node(server).insert("i3.here", [keyOf("many"), [idOf("many")], 3, Uint8Array.of(1)]);
  net.pass(1);
  expect(net.dropped("budget")).toBe(3);
});

test("a node that knows no server drops packets, and counts them", () => {
  const net = new ProgramNetwork({ program: "test/sim/i3-client.mzl", addresses: addressesOf(1) });
  const node = net.node("10.0.0.1:10000");
  node.insert("say", [idOf("bob"), "hello"]);
  net.pass(1);
  expect(node.counters.drops.get("no address")).toBe(1);
});
