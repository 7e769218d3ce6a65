import { expect, test } from "vitest";
import { PeerCounters } from "../../runtime/observe/peer-counters.ts";
import type { MetricsSnapshot } from "../../runtime/observe/metrics-snapshot.ts";
import { startNode } from "./start-node.ts";

function element(metrics: MetricsSnapshot, name: string): unknown {
  return metrics.elements.find((one) => one.element === name);
}

const FORWARD = `
materialize(seen, 10, 2, keys(1)).
store: seen(X) :- note(X).
forward: note@"there:1"(X) :- note(X), X < 10.
half: result(Y) :- note(X), Y := 10 / X.
tick: beat(E) :- periodic(E, 1, 3).
`;

test("metrics of a rule: runs, derived tuples, derivations without a value", () => {
  const { node } = startNode(FORWARD);
  for (const number of [0, 1, 20]) node.insert("note", [number]);
  const { rules } = node.metrics();
  expect(rules.map(({ rule, line, firings, derived, failed }) => [rule, line, firings, derived, failed])).toEqual([
    ["store", 3, 3, 3, 0],
    ["forward", 4, 3, 2, 0],
    ["half", 5, 3, 2, 1],
    ["tick", 6, 0, 0, 0],
  ]);
});

test("metrics of a table: rows and size; metrics of timers: those that will fire", () => {
  const { node, world } = startNode(FORWARD);
  for (const number of [10, 11, 12]) node.insert("note", [number]);
  expect(node.metrics().tables).toContainEqual({ table: "seen", rows: 2, limit: 2, lifetime: 10 });
  expect(node.metrics().steps).toMatchObject({ evicted: 1, expired: 0 });
  const timers = (): unknown => node.metrics().queues.find(({ queue }) => queue === "timers")?.length;
  expect(timers()).toBe(1);
  world.clock.advance(20);
  expect(node.metrics()).toMatchObject({ uptime: 20, steps: { expired: 2 } });
  expect(timers()).toBe(0);
});

test("two nodes count the same datagrams, and a tuple that is not accepted is counted where it is dropped", () => {
  const here = startNode(FORWARD);
  const there = startNode(`a: heard(X) :- note(X). b: note@"here:1"(X) :- never(X). accept note(number).`, "there:1");
  here.node.insert("note", [3]);
  for (const { bytes } of here.world.datagrams.sent) {
    there.world.clock.advance(5);
    there.world.datagrams.deliver(bytes, "here:1");
  }
  there.world.clock.advance(2);
  there.world.datagrams.deliver(new Uint8Array(3), "stranger:9");
  const sent = here.node.metrics().peers;
  const received = there.node.metrics().peers;
  expect(sent).toMatchObject([{ address: "there:1", sent: 1, sentTuples: 1, received: 0, silence: null }]);
  expect(received).toMatchObject([
    { address: "here:1", received: 1, receivedTuples: 1, receivedBytes: sent[0]?.sentBytes, silence: 2 },
    { address: "stranger:9", received: 1, receivedTuples: 0, silence: 0 },
  ]);
  expect(element(there.node.metrics(), "NetworkIn")).toMatchObject({
    in: 2,
    out: 1,
    dropped: { "datagram: too short": 1 },
  });
});

test("datagrams from the address of a name are counted under the name", () => {
  const { node, world } = startNode(FORWARD);
  Object.assign(world.datagrams, { numeric: (to: string) => to.replace("there", "10.0.0.2") });
  node.insert("note", [3]);
  world.datagrams.deliver(new Uint8Array(3), "10.0.0.2:1");
  world.datagrams.deliver(new Uint8Array(3), "10.0.0.3:1");
  expect(node.metrics().peers).toMatchObject([
    { address: "there:1", sent: 1, received: 1, receivedBytes: 3, silence: 0 },
    { address: "10.0.0.3:1", sent: 0, received: 1 },
  ]);
});

test.for([
  { program: "overlay o.", listed: [null, null] },
  {
    program: 'overlay o.\nmaterialize(o.member, infinity, infinity, keys(1)).\no.member("a:1").',
    listed: [true, false],
  },
  {
    program: 'materialize(addressMap, infinity, infinity, keys(1)).\naddressMap("100.64.0.2", ron::"b:1").',
    listed: [false, true],
  },
])("a peer is listed in a table of peers, or not: $listed", ({ program, listed }) => {
  const { node, world } = startNode(program);
  for (const from of ["a:1", "b:1"]) world.datagrams.deliver(new Uint8Array(3), from);
  expect(node.metrics().peers.map(({ isListed }) => isListed)).toEqual(listed);
});

test("a tuple is counted at each element that it passes", () => {
  const { node } = startNode(FORWARD);
  node.insert("note", [3]);
  const flow = node.metrics().elements.filter((one) => one.in > 0);
  expect(flow.map(({ element, in: came, out }) => [element, came, out])).toEqual([
    ["Mux", 1, 1],
    ["OverlayRecvUnwrap", 2, 2],
    ["ReceiveDemux", 2, 2],
    ["RoundRobin", 1, 1],
    ["NetworkOut", 1, 1],
    ["LocSpecDemux", 1, 1],
  ]);
});

test("tuples that rules send are counted by route", () => {
  const program = `
    overlay hop.
    materialize(route, infinity, infinity, keys(1)).
    a: here@"here:1"(X) :- go(X).
    b: there@"there:1"(X) :- go(X).
    c: over@hop::"there:1"(X) :- go(X).
    d: send@Next(Dest, Packet) :- send(Dest, Packet), route(Dest, Next).
    e: seen(X) :- here(X).`;
  const { node } = startNode(program);
  for (const number of [1, 2, 3]) node.insert("hop.go", [number]);
  expect(node.metrics().ways).toEqual({ local: 3, ip: 3, overlay: 3 });
  node.insert("hop.route", ["there:1", "next:1"]);
  node.insert("hop.go", [4]);
  expect(node.metrics().ways).toEqual({ local: 4, ip: 5, overlay: 4 });
});

test("a metrics snapshot is equal to itself after JSON", () => {
  const metrics = startNode(FORWARD).node.metrics();
  expect(JSON.parse(JSON.stringify(metrics))).toEqual(metrics);
});

test("addresses beyond the limit share one set of counters", () => {
  const book = new PeerCounters();
  for (let port = 0; port < 3000; port++) book.countReceived(`stranger:${port}`, 1, 100);
  const peers = [...book.peers()];
  expect(peers).toHaveLength(1025);
  expect(peers.at(-1)).toMatchObject({ address: "others", received: 3000 - 1024 });
});
