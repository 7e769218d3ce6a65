/** One packet that is a mistake or an attack: it is dropped and counted, and causes at most 64 datagrams in the whole network. */
import { expect, test } from "vitest";
import { Address } from "../../runtime/plan/values/address.ts";
import type { Value } from "../../runtime/plan/values/value.ts";
import { ChordNetwork } from "./chord-network.ts";
import { ALICE, BOB, idOf, IndirectionNetwork, SERVERS } from "./i3-network.ts";
import { addressesOf, ProgramNetwork } from "./program-network.ts";

const MOST = 64;

/** Nodes that pass tuples on by source routes, and send one tuple to any address. */
const ROUTES = `
import "sr.mzl".
materialize(got, infinity, infinity, keys(1)).
go: note@To(1) :- say(To).
keep: got(X) :- note(X).
`;

const SOURCES = addressesOf(3);
const [SENDER = "", NEAR = "", FAR = ""] = SOURCES;

/** A route of so many hops that goes to and fro between two nodes. */
function route(hops: number): readonly string[] {
  return Array.from({ length: hops }, (_, at) => (at % 2 === 0 ? NEAR : FAR));
}

/** Inserts an event at the sender. Returns the tuples that arrived, the drops of the network, and its datagrams. */
function afterEvent(event: string, args: readonly Value[]): object {
  const network = new ProgramNetwork({ program: ROUTES, addresses: SOURCES });
  network.pass(1);
  network.node(SENDER).insert(event, args);
  network.pass(10);
  const arrived = SOURCES.flatMap((one) => network.rows(one, "got")).length;
  const drops = SOURCES.flatMap((one) => [...network.node(one).counters.drops]);
  return { arrived, drops, datagrams: network.simulation.network.delivered };
}

test("a route of 32 hops to and fro costs a datagram for each, and a longer one is refused before the first", () => {
  const packets = [32, 33].map((hops) => afterEvent("say", [new Address("sr", route(hops))]));
  expect(packets).toEqual([
    { arrived: 1, drops: [], datagrams: 32 },
    { arrived: 0, drops: [["no address", 1]], datagrams: 0 },
  ]);
});

test("a packet with a longer route than a sender gives is refused by the first hop", () => {
  expect(afterEvent("sr.hop", [route(3000), Uint8Array.of(1)])).toEqual({
    arrived: 0,
    drops: [["no address", 1]],
    datagrams: 0,
  });
});

test("a tuple for an overlay that is not loaded is dropped and counted, also at the end of a route", () => {
  const elsewhere = new Address("gone", 1n);
  expect([elsewhere, new Address("sr", [NEAR, elsewhere])].map((to) => afterEvent("say", [to]))).toEqual([
    { arrived: 0, drops: [["unknown overlay", 1]], datagrams: 0 },
    { arrived: 0, drops: [["unknown overlay", 1]], datagrams: 1 },
  ]);
});

test("a trigger that points to another node is refused, and so is each packet for its id", () => {
  const [idle, net] = [new IndirectionNetwork(), new IndirectionNetwork()];
  const datagrams = (act: () => void): number => {
    const before = net.simulation.network.delivered - idle.simulation.network.delivered;
    act();
    for (const one of [idle, net]) one.pass(4);
    return net.simulation.network.delivered - idle.simulation.network.delivered - before;
  };
  const [server = ""] = SERVERS;
  const insert = (): void => void net.node(server).insert("i3.insert", [idOf("flood"), [BOB]]);
  expect(datagrams(insert)).toBeLessThanOrEqual(MOST);
  expect(net.dropped("no consent")).toBe(1);
  expect(datagrams(() => net.node(ALICE).insert("say", [idOf("flood"), "hello"]))).toBeLessThanOrEqual(MOST);
  expect(net.dropped("no trigger")).toBe(1);
  expect(net.got(BOB)).toEqual([]);
});

test("a lookup at a node without a ring is dropped and counted, and costs no datagram", () => {
  const [idle, net] = [new ChordNetwork({ successors: 3 }), new ChordNetwork({ successors: 3 })];
  const alone = [idle, net].map((one) => one.join(["10.9.9.9:10000"]));
  for (const one of [idle, net]) one.pass(10);
  const [node = ""] = alone;
  const number = net.ask(node, 1n, "lookup");
  for (const one of [idle, net]) one.pass(6);
  expect(net.reason(number)).toBe("timeout");
  expect(net.dropped(node, "no ring")).toBe(1);
  expect(net.node(node).metrics().network.sent).toBe(idle.node(node).metrics().network.sent);
});
