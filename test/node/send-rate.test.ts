/** The rate at which a rule may send to a location: loops of sends are stopped, bursts and packets of devices are not. */
import { expect, test } from "vitest";
import { metricsOf } from "../../runtime/observe/metrics.ts";
import { exposition } from "../../runtime/observe/exposition.ts";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import { Packet } from "../../runtime/plan/values/packet.ts";
import type { Values } from "../../runtime/plan/values/value.ts";
import { diagnoseNode } from "../../src/cli/client/diagnose-node.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { dropSummary } from "../../src/cli/run/drop-summary.ts";
import { compile } from "../../src/compile.ts";
import { DatagramBuilder } from "../../runtime/wire/datagram-builder.ts";
import type { Device } from "../../runtime/world/world.ts";
import { eventSpec } from "../predicate-spec.ts";
import { manualWorld } from "../session/manual-world.ts";
import { RecordingTun } from "../session/recording-tun.ts";

const HERE = "10.0.0.1:10000";
const THERE = "10.0.0.2:10000";

interface Started {
  readonly node: Node;
  readonly log: string[];
  readonly world: ReturnType<typeof manualWorld>;
}

function started(
  text: string,
  sendRate?: number,
  address: string = HERE,
  tun?: Device,
  names: readonly string[] = [],
): Started {
  const library = new FileLibrary();
  library.addText("rates", text);
  const { plan, diagnostics } = compile(["rates"], library, { defines: new Map(), dialect: undefined });
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const world = { ...manualWorld(address), devices: tun === undefined ? [] : [tun] };
  const log: string[] = [];
  const note = (message: string): void => void log.push(message);
  const rate = sendRate === undefined ? {} : { sendRate };
  const node = new Node(loadProgram(plan), world, {
    names: [address, ...names],
    facts: [],
    watch: [],
    onLog: note,
    onFailure: note,
    ...rate,
  });
  node.start();
  return { node, log, world };
}

function ruleOf(node: Node, name: string): { readonly firings: number; readonly limited: number } {
  const found = node.metrics().rules.find(({ rule }) => rule === name);
  if (found === undefined) throw new Error(`no rule ${name}`);
  return found;
}

test("a rule that raises itself across steps stops at the rate", () => {
  const { node, log, world } = started(`r: a@Me(N) :- a(M), localAddr(Me), N := M + 1. g: a(1) :- periodic(_, 10).`);
  world.clock.advance(11);
  expect(ruleOf(node, "r")).toMatchObject({ firings: 10_001, limited: 1 });
  expect(log).toEqual([`rule r (rates:1): dropped more than 10000 tuples/s for "${HERE}" (--send-rate)`]);
  expect(node.trafficMetrics().elements.flatMap(({ dropped }) => Object.keys(dropped))).toEqual([]);
});

test("a rule that sends to itself and a peer is limited for both, by the clock of the node", () => {
  const { node, world } = started(
    `r: a@To(N) :- a(M), to(To), N := M + 1. materialize(to, infinity, infinity, keys(1)). to("${HERE}"). to("${THERE}").
     g: a(1) :- periodic(_, 0.5).`,
    100,
  );
  world.clock.advance(10.75);
  const { firings } = ruleOf(node, "r");
  // A burst of 100, and 100 a second.
  expect(firings).toBeGreaterThan(900);
  expect(firings).toBeLessThan(1300);
  expect(node.metrics().ways.ip).toBeLessThan(1300);
  expect(ruleOf(node, "r").limited).toBeGreaterThan(0);
});

test("rules that trigger each other across steps stop, each at its rate", () => {
  const { node } = started(`r: a@Me(N) :- b(N), localAddr(Me). s: b@Me(N) :- a(M), localAddr(Me), N := M + 1.`, 50);
  node.operate("a", [1], false);
  expect(ruleOf(node, "r").firings + ruleOf(node, "s").firings).toBeLessThanOrEqual(102);
});

test("a loop of two nodes stops at the rate of each", () => {
  const program = (peer: string): string => `accept a(number). r: a@"${peer}"(N) :- a(M), N := M + 1.`;
  const one = started(program(THERE), 20);
  const other = started(program(HERE), 20, THERE);
  one.node.operate("a", [1], false);
  let bounces = 0;
  for (let any = true; any && bounces < 1000; ) {
    any = false;
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      for (const { bytes } of from.world.datagrams.sent.splice(0)) {
        to.world.datagrams.deliver(bytes, from.world.datagrams.address);
        any = true;
        bounces++;
      }
    }
  }
  // The step of the operator is exempt.
  expect(bounces).toBe(41);
  expect(ruleOf(one.node, "r").limited + ruleOf(other.node, "r").limited).toBe(1);
});

const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at);

const KEPT = "materialize(kept, infinity, infinity, keys(1)).";

test.each([
  ["a timer", "g: go(L) :- periodic(_, 1), kept(L)."],
  ["a later step of this node", "h: go@Me(L) :- kept(L), start(), localAddr(Me)."],
])("a burst of the tuples of one second, caused by %s, is not limited", (_, start) => {
  const { node, world } = started(`${KEPT} r: row@"${THERE}"(X) :- go(L), X <- L. ${start}`, 1_000);
  node.operate("kept", [numbers(1_000)], false);
  if (start.startsWith("h")) node.operate("start", [], false);
  world.clock.advance(1.5);
  expect(node.metrics().ways.ip).toBe(1_000);
  expect(ruleOf(node, "r").limited).toBe(0);
});

test("a longer burst is cut, except in a step of an operator, and each location has a rate of its own", () => {
  const program = `r: row@To(X) :- go(L, To), X <- L. h: go@Me(L, To) :- later(L, To), localAddr(Me).`;
  const { node } = started(program, 1_000);
  node.operate("go", [numbers(1_500), THERE], false);
  expect(node.metrics().ways.ip).toBe(1_500);
  node.operate("later", [numbers(1_500), THERE], false);
  expect(node.metrics().ways.ip).toBe(2_500);
  expect(ruleOf(node, "r").limited).toBe(500);
  node.operate("later", [numbers(1_000), "10.0.0.3:10000"], false);
  expect(node.metrics().ways.ip).toBe(3_500);
});

test("a loop over ever different locations keeps a bounded number of them in memory, and each has its rate", () => {
  const { node } = started(
    `r: out@To(1) :- go(L), N <- L, To := "10.0.0.2:" + f_tostr(N). h: go@Me(L) :- later(L), localAddr(Me).`,
    1,
  );
  node.operate("later", [numbers(1_500).map((number) => number + 1)], false);
  expect(node.metrics().ways.ip).toBe(1_500);
});

test("sends into an overlay are limited by their address", () => {
  const { node } = started(
    `overlay o.
     o: packet@"${THERE}"(P) :- o.send(_, P).
     r: row@o::D(X) :- go(L, D), X <- L. h: go@Me(L, D) :- later(L, D), localAddr(Me).`,
    10,
  );
  node.operate("o.later", [numbers(30), "a"], false);
  expect(ruleOf(node, "o.r").limited).toBe(20);
  node.operate("o.later", [numbers(10), "b"], false);
  expect(ruleOf(node, "o.r").limited).toBe(20);
});

test("without a limit nothing is dropped", () => {
  const { node, world } = started(`r: a@Me(N) :- a(M), localAddr(Me), M < 12000, N := M + 1.`, Infinity);
  node.operate("a", [1], false);
  world.clock.advance(0);
  expect(ruleOf(node, "r")).toMatchObject({ firings: 12_000, limited: 0 });
});

const TUNNEL = `
materialize(addressMap, infinity, infinity, keys(1)).
t: tun@A(P) :- tun(P, _, Dest), addressMap(Dest, A).
addressMap("100.64.0.2", "192.0.2.2:1").
`;

/** Returns a UDP packet from 100.64.0.1 to 100.64.0.2. */
function devicePacket(): Uint8Array {
  const packet = new Uint8Array(100);
  packet.set([0x45, 0, 0, 100, 0, 0, 0, 0, 64, 17, 0, 0, 100, 64, 0, 1, 100, 64, 0, 2]);
  return packet;
}

test("packets of the device are not limited", () => {
  const tun = new RecordingTun();
  const { node } = started(TUNNEL, 5, HERE, tun);
  for (let sent = 0; sent < 100; sent++) tun.receive(devicePacket());
  expect(node.metrics().ways.ip).toBe(100);
});

const FORWARD = `overlay ron. f: ron.send@"${THERE}"(D, P) :- ron.send(D, P), D != "me".`;

function packetOf(name: string, args: Values): Packet {
  return Packet.of({ predicate: eventSpec(name, args.length), args, isDelete: false });
}

function forwarded(packet: Packet): Uint8Array {
  const builder = new DatagramBuilder(1452);
  builder.add({ predicate: eventSpec("ron.send", 2), args: ["x", packet], isDelete: false });
  return builder.take()[0] as Uint8Array;
}

test.each([
  ["one overlay", packetOf("tun", [devicePacket()]), packetOf("lsa", [1])],
  [
    "two overlays",
    packetOf("sr.send", ["y", packetOf("tun", [devicePacket()])]),
    packetOf("sr.send", ["y", packetOf("lsa", [1])]),
  ],
])("packets of a device that a node forwards through %s are not limited, other packets are", (_, device, other) => {
  const { node, world } = started(FORWARD, 10);
  const deliver = (packet: Packet, count: number): void => {
    for (let sent = 0; sent < count; sent++) world.datagrams.deliver(forwarded(packet), THERE);
  };
  const sent = (): number => node.metrics().ways.ip;
  deliver(device, 100);
  expect(sent()).toBe(100);
  // Packets in transit may use half of the burst before they are decoded.
  deliver(other, 4);
  expect(sent()).toBe(104);
  deliver(other, 100);
  expect(sent()).toBeLessThanOrEqual(110);
  const before = sent();
  deliver(device, 100);
  expect(sent()).toBe(before + 100);
});

test("a device packet that a node sends to itself again and again is limited", () => {
  const tun = new RecordingTun();
  const { node } = started(
    `a: again@Me(P) :- tun(P), localAddr(Me). b: again@Me(P) :- again(P), localAddr(Me).
    c: tun@Me(P) :- again(P), localAddr(Me).`,
    20,
    HERE,
    tun,
  );
  tun.receive(devicePacket());
  expect(node.metrics().ways.local).toBeLessThan(60);
});

test("rows that this node derives for another of its names, each from the one before, wait for the rate", () => {
  const program = `${KEPT} materialize(p, infinity, infinity, keys(1)). materialize(to, infinity, infinity, keys(1)).
    r: p@To(N) :- p(M), to(To), N := M + 1. f: p@To(0) :- to(To).`;
  const { node, log, world } = started(program, 50, HERE, undefined, ["10.9.9.9:1"]);
  node.operate("to", ["10.9.9.9:1"], false);
  world.clock.advance(5);
  const rows = node.rows("p")?.length ?? 0;
  expect(rows).toBeGreaterThan(250);
  expect(rows).toBeLessThan(350);
  expect(node.metrics().queues.find(({ queue }) => queue === "channel rows")).toMatchObject({ length: 1, dropped: 0 });
  expect(log).toEqual(['rows for "10.9.9.9:1", a name of this node, wait: more than 50/s (--send-rate)']);
});

test("metrics, the screen, the log once a minute and the report at the end name the rule and the number", () => {
  const { node, log, world } = started(`r: out@"${THERE}"(X) :- periodic(_, 1), kept(L), X <- L. ${KEPT}`, 10);
  node.operate("kept", [numbers(25)], false);
  world.clock.advance(125.5);
  const { limited } = ruleOf(node, "r");
  expect(limited).toBe(125 * 15);
  expect(log).toEqual([
    `rule r (rates:1): dropped more than 10 tuples/s for "${THERE}" (--send-rate)`,
    `rule r (rates:1): dropped more than 10 tuples/s for "${THERE}" (--send-rate) (900 dropped since the last report)`,
    `rule r (rates:1): dropped more than 10 tuples/s for "${THERE}" (--send-rate) (900 dropped since the last report)`,
  ]);
  const text = `rule r (rates:1): ${limited} tuples not sent: too many for one location (--send-rate)`;
  expect(diagnoseNode(node.metrics()).map((problem) => problem.text)).toContain(text);
  expect(dropSummary(node.counters, node.plan)).toContain(text);
  expect(exposition(metricsOf(node.metrics()))).toContain(
    `mosaic_rule_limited_total{rule="r",file="rates",line="1"} ${limited}`,
  );
});
