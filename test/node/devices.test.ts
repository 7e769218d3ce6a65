import { expect, test } from "vitest";
import { Node } from "../../runtime/node/node.ts";
import { trainOf } from "../../runtime/plan/values/train.ts";
import { packetOf } from "../ip/ip-oracle.ts";
import { manualWorld } from "../session/manual-world.ts";
import { RecordingTun } from "../session/recording-tun.ts";
import { tunDatagram } from "../session/tun-datagram.ts";
import { compileProgram } from "../sim/program-network.ts";

const PEER = "192.0.2.2:1";
const MAP = "materialize(addressMap, infinity, infinity, keys(1)).";
const RECEIVED = "a: tun@A(P) :- tun(P, _, D), peer(D, A). materialize(peer, infinity, infinity, keys(1)).";

/** Returns an IPv4 packet of UDP. Its payload has `length` bytes. */
function packet(source: string, destination: string, length: number = 12, ttl: number = 64): Uint8Array {
  const [from, to] = [source, destination].map((text) => Uint8Array.from(text.split(".").map(Number)));
  const bytes = packetOf({
    version: 4,
    protocol: 17,
    ttl,
    source: from as Uint8Array,
    destination: to as Uint8Array,
    between: new Uint8Array(0),
    payload: new Uint8Array(length),
  });
  bytes[6] = 0x40;
  return bytes;
}

/** A started node with these devices. */
function nodeWith(rules: string, devices: readonly RecordingTun[]) {
  const world = manualWorld("here:1");
  const logs: string[] = [];
  const log = (text: string): void => void logs.push(text);
  const settings = { names: ["here:1"], facts: [], watch: [], onAdapted: log, onLog: log };
  const node = new Node(compileProgram(`${rules}\n`), { ...world, devices }, settings);
  node.start();
  return { node, world, logs, receive: (bytes: Uint8Array) => world.datagrams.deliver(bytes, PEER) };
}

/** Two devices, and a third one in a part of the network of the second one. */
function three(): readonly [RecordingTun, RecordingTun, RecordingTun] {
  return [
    new RecordingTun("left", "10.1.0.1/16"),
    new RecordingTun("right", "10.2.0.1/16"),
    new RecordingTun("inside", "10.2.3.1/24"),
  ];
}

const sizes = (devices: readonly RecordingTun[]): readonly number[] => devices.map(({ written }) => written.length);

test("a rule reads the device of a packet, and writes the packet to another device", () => {
  const devices = three();
  const [left, right] = devices;
  nodeWith(
    `a: tun(P, _, _, _, TTL - 1, "right") :- tun(P, _, _, _, TTL, "left"), TTL > 1.
     b: tun(P, _, _, _, TTL - 1, "left") :- tun(P, _, _, _, TTL, "right"), TTL > 1.`,
    devices,
  );
  left.receive(packet("10.1.0.2", "10.9.0.2"));
  right.receive(packet("10.9.0.2", "10.1.0.2"));
  right.receive(packet("10.9.0.2", "10.1.0.2", 12, 1));
  expect(devices.map(({ written }) => written.map((bytes) => bytes[8]))).toEqual([[63], [63], []]);
});

test.each([
  ["the device whose network holds the destination", "10.2.0.9", [0, 1, 0]],
  ["of several the one with the longest prefix", "10.2.3.9", [0, 0, 1]],
  ["the first device if no network holds the destination", "192.0.2.9", [1, 0, 0]],
])("a packet without a device goes to %s", (_, destination, expected) => {
  const devices = three();
  const { receive } = nodeWith(RECEIVED, devices);
  receive(tunDatagram([packet("10.7.0.1", destination)]));
  expect(sizes(devices)).toEqual(expected);
});

test("the destination that a rule writes into a packet chooses the device", () => {
  const devices = three();
  const [left] = devices;
  nodeWith('n: tun(P, _, "10.2.0.7") :- tun(P, _, "10.9.0.1").', devices);
  left.receive(packet("10.1.0.2", "10.9.0.1"));
  expect(sizes(devices)).toEqual([0, 1, 0]);
});

test("each packet of a train goes to the device of its destination", () => {
  const devices = three();
  const { receive } = nodeWith(RECEIVED, devices);
  const to = (host: string) => tunDatagram([packet("10.7.0.1", host)]);
  receive(trainOf(["10.1.0.9", "10.2.0.9", "10.1.0.8", "10.1.0.7"].map(to)));
  expect(sizes(devices)).toEqual([3, 1, 0]);
});

test("packets for a device that the node does not have are dropped, and counted by its name", () => {
  const devices = three();
  const { node, receive } = nodeWith('accepts: tun@"z:1"(P, _, _, _, _, D) :- wanted(P, D).', devices);
  for (const device of ["nope", "nope", "left", "x".repeat(40)])
    receive(tunDatagram([packet("10.7.0.1", "10.2.0.9"), null, null, null, null, device]));
  const { unknownDevices, elements } = node.metrics();
  expect(sizes(devices)).toEqual([1, 0, 0]);
  expect(unknownDevices).toEqual({ nope: 2, others: 1 });
  expect(elements.find(({ element }) => element === "TunTx")?.dropped).toEqual({ "tun: unknown device": 3 });
});

test("the names of unknown devices take bounded memory", () => {
  const { node, receive } = nodeWith('accepts: tun@"z:1"(P, _, _, _, _, D) :- wanted(P, D).', three());
  for (let count = 0; count < 100; count++)
    receive(tunDatagram([packet("10.7.0.1", "10.2.0.9"), null, null, null, null, `d${count}`]));
  const counts = Object.values(node.metrics().unknownDevices);
  expect([counts.length, counts.reduce((sum, count) => sum + count, 0)]).toEqual([17, 100]);
});

test("packets that no rule sends are counted for their device", () => {
  const devices = three();
  const [left, right] = devices;
  const { node } = nodeWith(RECEIVED, devices);
  left.receive(packet("10.1.0.2", "10.1.0.3"));
  right.receive(packet("10.2.0.2", "10.2.0.3"));
  expect(node.metrics().devices.map(({ name, unrouted }) => [name, unrouted])).toEqual([
    ["left", { "10.1.0.3": 1 }],
    ["right", { "10.2.0.3": 1 }],
    ["inside", {}],
  ]);
});

test("ICMP about a packet that is too long goes into the device of the packet, wherever its sender is", () => {
  const devices = three();
  const [, right] = devices;
  nodeWith(`${RECEIVED} peer("10.9.0.2", "${PEER}").`, devices);
  right.receive(packet("10.1.0.2", "10.9.0.2", 1500));
  expect(devices.map(({ written }) => written.map((bytes) => bytes[20]))).toEqual([[], [3], []]);
});

test("only the MTU of a device whose packets do not fit is lowered", () => {
  const devices = three();
  const [left, right] = devices;
  for (const device of devices)
    Object.assign(device, {
      mtu: 1500,
      lowerMtu: (mtu: number) => void Object.assign(device, { mtu }),
    });
  const { logs } = nodeWith(`${RECEIVED} peer("10.9.0.2", "${PEER}").`, devices);
  right.receive(packet("10.2.0.2", "10.9.0.2"));
  expect(left.mtu).toBe(1500);
  expect(right.mtu).toBeLessThan(1500);
  expect(logs).toEqual([expect.stringMatching(/^right: MTU \d+ instead of 1500/)]);
});

test("a second location of the address of any device is reported", () => {
  const { node } = nodeWith(`${MAP} addressMap("10.2.0.9", "192.0.2.8:1").`, three());
  node.insert("addressMap", ["10.2.0.1", "192.0.2.9:1"]);
  expect(node.metrics().collisions.map(({ virtual, kind }) => [virtual, kind])).toEqual([["10.2.0.1", "own"]]);
});

test("packets and frames that no rule reads are counted, and a warning names their devices", () => {
  const [tun, tap] = [new RecordingTun("left", "10.1.0.1/16"), new RecordingTun("lan", "10.2.0.1/16", "tap")];
  const { node, logs } = nodeWith("seen(P) :- arrived(P).", [tun, tap]);
  expect(logs).toEqual([
    "no rule reads `tun`: the packets of left are dropped",
    "no rule reads `tap`: the frames of lan are dropped",
  ]);
  tun.receive(packet("10.1.0.2", "10.9.0.2"));
  for (let count = 0; count < 2; count++) tap.receive(new Uint8Array(60));
  expect(Object.fromEntries(node.counters.drops)).toEqual({ "tun: no subscriber": 1, "tap: no subscriber": 2 });
  const counts = node.metrics().elements.filter(({ element }) => /^T..Rx$/.test(element));
  expect(counts.map(({ element, in: count }) => [element, count])).toEqual([
    ["TunRx", 1],
    ["TapRx", 2],
  ]);
});

test("a program swap after which no rule reads the frames of a device warns, and one that reads them does not", () => {
  const tap = new RecordingTun("lan", "10.2.0.1/16", "tap");
  const { node, logs } = nodeWith("s: seen(F) :- tap(F).", [tap]);
  expect(logs).toEqual([]);
  node.replaceProgram(compileProgram("s: seen(F) :- other(F).\n"), []);
  expect(logs).toEqual(["no rule reads `tap`: the frames of lan are dropped"]);
  tap.receive(new Uint8Array(60));
  node.replaceProgram(compileProgram("s: seen(F) :- tap(F).\n"), []);
  tap.receive(new Uint8Array(60));
  expect(logs).toHaveLength(1);
  expect(Object.fromEntries(node.counters.drops)).toEqual({ "tap: no subscriber": 1 });
});
