/** `i3.mzl` on a ring of simulated servers: triggers, stacks, and what hostile or mistaken triggers may cost. */
import { describe, expect, test } from "vitest";
import { sha1 } from "../../runtime/plan/library/functions/sha1.ts";
import { ALICE, ADDRESSES, BOB, CAROL, DAVE, idOf, IndirectionNetwork, SERVERS } from "./i3-network.ts";
import { addressesOf, ProgramNetwork } from "./program-network.ts";

const PREFIX = 0xabcdn << 144n;

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
    expect(ADDRESSES.flatMap((one) => net.rows(one, "i3.stored")).map((row) => row.at(-1))).toContainEqual([BOB]);
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
  ])("end: %s cost at most 64 packets", (_, insert) => {
    const net = new IndirectionNetwork();
    insert(net);
    expect(net.datagramsFor(() => net.node(ALICE).insert("say", [idOf("loop"), "hello"]))).toBeLessThanOrEqual(64);
    expect(net.dropped("budget")).toBeGreaterThan(0);
  });
});

test("a packet with a greater budget than a sender gives is not served", () => {
  const net = new IndirectionNetwork();
  net.trigger(CAROL, idOf("loop"), [idOf("loop")]);
  const key = (idOf("loop") >> 80n) << 80n;
  net.node(SERVERS[0] ?? "").insert("i3.ask", [key, [idOf("loop")], 3000, null, Uint8Array.of(1)]);
  net.pass(2);
  expect(net.dropped("budget")).toBe(0);
  net.node(SERVERS[0] ?? "").insert("i3.ask", [key, [idOf("loop")], 32, null, Uint8Array.of(1)]);
  net.pass(2);
  expect(net.dropped("budget")).toBe(1);
});

test("a node that knows no server drops packets, and counts them", () => {
  const net = new ProgramNetwork({ program: "test/sim/i3-client.mzl", addresses: addressesOf(1) });
  const node = net.node("10.0.0.1:10000");
  node.insert("say", [idOf("bob"), "hello"]);
  net.pass(1);
  expect(node.counters.drops.get("no address")).toBe(1);
});
