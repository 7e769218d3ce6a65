import { basename } from "node:path";
import { describe, expect, test } from "vitest";
import { elementSpecs } from "../../runtime/elements/element-specs.ts";
import { type LocationOutputs, LocSpecDemux, type OverlayOutput } from "../../runtime/elements/loc-spec-demux.ts";
import { Mux } from "../../runtime/elements/mux.ts";
import { NetworkOut } from "../../runtime/elements/network-out.ts";
import { OverlaySendWrap } from "../../runtime/elements/overlay-send-wrap.ts";
import { type Outgoing, RoundRobin } from "../../runtime/elements/round-robin.ts";
import { DeviceRoutes } from "../../runtime/ip/device-routes.ts";
import { OwnDatagrams } from "../../runtime/ip/own-datagrams.ts";
import { TunRx } from "../../runtime/elements/tun-rx.ts";
import { TunTx } from "../../runtime/elements/tun-tx.ts";
import type { StepInput } from "../../runtime/engine/step-input.ts";
import { defaultLimits } from "../../runtime/engine/limits/limits.ts";
import { DeviceMtus } from "../../runtime/path/device-mtu.ts";
import { Liveness } from "../../runtime/path/liveness.ts";
import { PathSizes } from "../../runtime/path/path-sizes.ts";
import { TooBig } from "../../runtime/path/too-big.ts";
import { PeerCounters } from "../../runtime/observe/peer-counters.ts";
import { Address } from "../../runtime/plan/values/address.ts";
import type { Tuple } from "../../runtime/plan/values/packet.ts";
import { segmentsOf, trainOf } from "../../runtime/plan/values/train.ts";
import type { Value, Values } from "../../runtime/plan/values/value.ts";
import type { Device } from "../../runtime/world/world.ts";
import { filesBelow } from "../house/tree.ts";
import { eventSpec } from "../predicate-spec.ts";
import { ManualClock, ManualDatagrams } from "../session/manual-world.ts";
import { runSession } from "../session/run-session.ts";

function tuple(...args: readonly Value[]): Tuple {
  return { predicate: eventSpec("p", args.length), args, isDelete: false };
}

function inputOf(number: number): StepInput {
  return { tuple: tuple(number), provenance: "rule", source: null };
}

test("the list has every file of an element", () => {
  const others = ["edge.ts", "element.ts", "element-specs.ts", "wiring.ts"];
  const files = filesBelow("runtime/elements").filter((file) => !others.includes(basename(file)));
  const listed = [...elementSpecs.keys()].map((name) => name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase());
  expect(listed.toSorted()).toEqual(files.map((file) => basename(file, ".ts")).toSorted());
});

test("sockets and the view channel are stateful, the elements that lone packets pass are not", () => {
  const stateful = [...elementSpecs.values()].filter((spec) => spec.stateful).map(({ name }) => name);
  expect(stateful.toSorted()).toEqual(["Tcp", "UdpRx", "UdpTx", "ViewChannel"]);
});

test("the elements are those of the paper's figure, the device, the sockets and the view channel", () => {
  expect([...elementSpecs.keys()].toSorted()).toEqual([
    "LocSpecDemux",
    "Mux",
    "NetworkIn",
    "NetworkOut",
    "OverlayRecvUnwrap",
    "OverlaySendWrap",
    "ReceiveDemux",
    "RoundRobin",
    "TapRx",
    "TapTx",
    "Tcp",
    "TunRx",
    "TunTx",
    "UdpRx",
    "UdpTx",
    "ViewChannel",
  ]);
});

describe("Mux", () => {
  test("steps inputs one after another, and queues the inputs that a step adds", () => {
    const steps: number[] = [];
    const mux: Mux = new Mux(new ManualClock(), defaultLimits, ({ tuple: { args } }) => {
      const number = args[0] as number;
      steps.push(number);
      if (number < 3) mux.push(inputOf(number + 10));
      if (number === 1) mux.push(inputOf(2));
    });
    mux.push(inputOf(1));
    expect(steps).toEqual([1, 11, 2, 12]);
  });

  test("queues reserved inputs beyond its limits, and counts their bytes until they are stepped", () => {
    const taken: number[] = [];
    const limits = { ...defaultLimits, queued: 1, queuedBytes: 1 };
    const mux: Mux = new Mux(new ManualClock(), limits, ({ tuple: { args } }) => {
      taken.push(args[0] as number);
      if (args[0] !== 1) return;
      for (const number of [2, 3]) mux.pushReserved(inputOf(number));
      expect(mux.bytes).toBeGreaterThan(0);
    });
    mux.push(inputOf(1));
    expect(taken).toEqual([1, 2, 3]);
    expect([mux.bytes, mux.length, mux.counters.dropped.size]).toEqual([0, 0, 0]);
  });

  test("yields to other work of the process, and drops inputs when its queue is full", () => {
    const clock = new ManualClock();
    let steps = 0;
    const mux: Mux = new Mux(clock, { ...defaultLimits, queued: 1000 }, () => {
      if (steps++ === 0) for (let count = 0; count < 2000; count++) mux.push(inputOf(count));
    });
    mux.push(inputOf(0));
    expect(steps).toBeLessThan(500);
    clock.advance(1);
    expect(steps).toBeGreaterThanOrEqual(1000);
    expect(mux.counters.dropped.get("queue full")).toBeGreaterThan(900);
  });
});

describe("Mux, when inputs are large", () => {
  test("queues up to its limit of bytes, and has room again when they are stepped", () => {
    const clock = new ManualClock();
    const packet = (size: number): StepInput => ({ ...inputOf(0), tuple: tuple(new Uint8Array(size)) });
    const isFirst = { value: true };
    const mux: Mux = new Mux(clock, { ...defaultLimits, queuedBytes: 10_000 }, () => {
      if (!isFirst.value) return;
      isFirst.value = false;
      for (let count = 0; count < 20; count++) mux.push(packet(1_000));
      expect(mux.bytes).toBeGreaterThan(8_000);
      expect(mux.bytes).toBeLessThanOrEqual(10_000);
    });
    mux.push(packet(20_000));
    expect(mux.bytes).toBe(0);
    expect(mux.counters.in - mux.counters.out).toBe(11);
    expect([...mux.counters.dropped]).toEqual([["queue too large", 11]]);
  });
});

describe("RoundRobin", () => {
  test("passes tuples on in their order, whichever strand sent first", () => {
    const out: Value[] = [];
    const robin = new RoundRobin(({ tuple: { args } }: Outgoing) => out.push(args[0] as Value));
    for (const name of ["b1", "a2", "a1"]) robin.push({ tuple: tuple(name), location: "x:1" });
    robin.flushRound();
    robin.push({ tuple: tuple("a0"), location: "x:1" });
    robin.flushRound();
    expect(out).toEqual(["a1", "a2", "b1", "a0"]);
  });
});

describe("LocSpecDemux and NetworkOut", () => {
  test("route each tuple by its location, count tuples by destination, and drop those without an address", () => {
    const datagrams = new ManualDatagrams("me:1");
    const clock = new ManualClock();
    const paths = new PathSizes({ clock, datagrams, random: () => 0, changed: () => {} });
    const peers = new PeerCounters();
    const liveness = new Liveness(clock, datagrams, peers, paths);
    const network = new NetworkOut({
      datagrams,
      peers,
      paths,
      tooBig: new TooBig(new DeviceRoutes([]), clock),
      deviceMtus: new DeviceMtus([], () => {}),
      liveness,
    });
    const wrapped: Value[] = [];
    const local: StepInput[] = [];
    const demux = new LocSpecDemux({
      open: () => [],
      isOwn: (name) => name === "me:1",
      toLocal: (input) => void local.push(input),
      toLocalFirst: () => undefined,
      toNetwork: (to, one) => network.push(to, one),
      toOverlays: new Map([["ron", { takesOptions: false, push: ({ node }) => void wrapped.push(node) }]]),
      toElse: undefined,
    });
    const overlays = [
      new Address("ron", "x"),
      new Address("ron", "y"),
      new Address("ron", "y"),
      new Address("i3", "x"),
    ];
    const long = `${"x".repeat(300)}:1`;
    const places: readonly Value[] = ["", "me:1", "you:1", "NIL", long, 3, null, ...overlays, "you:1", ""];
    for (const [at, location] of places.entries()) demux.push({ tuple: tuple(Math.min(at, 7)), location });
    network.commit();
    expect(local).toEqual([]);
    demux.commit();
    expect(local).toHaveLength(1);
    expect(datagrams.sent.map(({ to }) => to)).toEqual(["you:1"]);
    expect(wrapped).toEqual(["x", "y", "y"]);
    expect(demux.ways).toEqual({ local: 1, ip: 2, overlay: 3 });
    expect([...demux.counters.dropped]).toEqual([
      ["no address", 6],
      ["unknown overlay", 1],
    ]);
  });
});

describe("LocSpecDemux, OverlaySendWrap", () => {
  function demuxWith(toElse: LocationOutputs["toElse"]): { demux: LocSpecDemux; sent: readonly Values[] } {
    const sent: Values[] = [];
    const wrap = (name: string, arity: number): OverlaySendWrap => {
      const send = eventSpec(`${name}.send`, arity);
      return new OverlaySendWrap(name, send, ({ args }) => void sent.push(args));
    };
    const [plain, q] = [wrap("plain", 2), wrap("q", 3)];
    const toOverlays = new Map<string, OverlayOutput>([
      ["plain", { takesOptions: plain.takesOptions, push: ({ node }, one) => plain.push([node], one) }],
      ["q", { takesOptions: q.takesOptions, push: ({ node, options }, one) => q.push([node, options], one) }],
    ]);
    const nowhere = (): void => undefined;
    const ways = { toLocal: nowhere, toLocalFirst: nowhere, toNetwork: nowhere, toOverlays, toElse };
    const outputs = { open: () => [], isOwn: () => false, ...ways };
    return { demux: new LocSpecDemux(outputs), sent };
  }

  const places = [new Address("plain", "a:1"), new Address("plain", "a:1", [1]), new Address("q", "a:1", [1])];
  const elsewhere = [new Address("q", "a:1"), new Address("else", "a:1"), new Address("i3", 1n, [2])];

  test("options go to an overlay that takes them; for others they are dropped; an unknown overlay is dropped", () => {
    const { demux, sent } = demuxWith(undefined);
    for (const location of [...places, ...elsewhere]) demux.push({ tuple: tuple(1), location });
    expect(sent.map((args) => args.slice(0, -1))).toEqual([["a:1"], ["a:1", [1]], ["a:1", []]]);
    expect([...demux.counters.dropped]).toEqual([
      ["address options", 1],
      ["unknown overlay", 2],
    ]);
  });

  test("a tuple for an overlay that is not loaded goes to else.send with its whole address", () => {
    const heard: Value[] = [];
    const { demux } = demuxWith((to) => void heard.push(to));
    for (const location of [...places, ...elsewhere]) demux.push({ tuple: tuple(1), location });
    expect(heard).toEqual([new Address("else", "a:1"), new Address("i3", 1n, [2])]);
    expect([...demux.counters.dropped]).toEqual([["address options", 1]]);
    expect(demux.ways.overlay).toBe(5);
  });
});

describe("TunRx", () => {
  test("counts each packet of a train, also packets that bytes follow and bytes that are no packet", () => {
    let arrived: (packet: Uint8Array) => void = () => expect.unreachable();
    const tun = { onPacket: (receive: (packet: Uint8Array) => void) => (arrived = receive) };
    const receive = new TunRx([tun as never], new OwnDatagrams("10.0.0.1:10000", () => false), () => undefined);
    receive.serve(eventSpec("tun", 6));
    const sound = Uint8Array.from({ length: 40 }, (_, at) => [0x45, 0, 0, 40, 0, 0, 0, 0, 64, 253][at] ?? 1);
    const longer = Uint8Array.from([...sound, 0]);
    for (const packet of [sound, longer, new Uint8Array(40)]) arrived(trainOf([packet, packet, packet]));
    expect([receive.counters.in, receive.counters.out]).toEqual([9, 4]);
    expect([...receive.counters.dropped]).toEqual([["tun: no IP packet", 3]]);
  });
});

describe("TunRx, with a route to a peer that leads into the device", () => {
  const OWN = [10, 0, 0, 1];
  const PEER = [10, 0, 0, 2];
  /** IPv4 packet of UDP: `flags` are the upper byte of flags and fragment offset. */
  const udp = (from: readonly number[], port: number, toPort: number, id = 1, flags = 0): Uint8Array => {
    const ports = [port >> 8, port & 255, toPort >> 8, toPort & 255, 0, 8, 0, 0];
    return Uint8Array.from([0x45, 0, 0, 28, 0, id, flags, 0, 64, 17, 0, 0, ...from, ...PEER, ...ports]);
  };
  const receiver = (listen: string): { counters: TunRx["counters"]; arrived: (packet: Uint8Array) => void } => {
    let arrived: (packet: Uint8Array) => void = () => expect.unreachable();
    const tun = { onPacket: (receive: (packet: Uint8Array) => void) => (arrived = receive) };
    const own = new OwnDatagrams(listen, (host) => host === "10.0.0.1");
    const receive = new TunRx([tun as never], own, () => undefined);
    receive.serve(eventSpec("tun", 6));
    return { counters: receive.counters, arrived };
  };

  test.each(["10.0.0.1:10000", "0.0.0.0:10000", "[::]:10000"])("a socket on %s drops its own datagrams", (listen) => {
    const { counters, arrived } = receiver(listen);
    arrived(udp(OWN, 10_000, 10_000));
    arrived(trainOf([udp(OWN, 10_000, 7), udp(OWN, 10_000, 7)]));
    arrived(udp(OWN, 9, 10_000));
    arrived(udp([10, 0, 0, 3], 10_000, 10_000));
    expect([...counters.dropped]).toEqual([["own datagram", 3]]);
    expect(counters.out).toBe(2);
  });

  test("the fragments of such a datagram are dropped, also in a train with fragments of others", () => {
    const { counters, arrived } = receiver("10.0.0.1:10000");
    arrived(trainOf([udp(OWN, 10_000, 7, 1, 0x20), udp(OWN, 10_000, 7, 2, 0x20)]));
    arrived(trainOf([udp(OWN, 1, 1, 1, 1), udp(OWN, 1, 1, 3, 1), udp(OWN, 1, 1, 2, 1)]));
    arrived(udp(OWN, 1, 1, 2, 1));
    expect([...counters.dropped]).toEqual([["own datagram", 4]]);
    expect(counters.out).toBe(2);
  });
});

describe("TunRx, after a program swap", () => {
  test("counts the packets that no rule of the new program subscribes to, and raises no event of the old one", () => {
    let arrived: (packet: Uint8Array) => void = () => expect.unreachable();
    const inputs: StepInput[] = [];
    const tun = { onPacket: (receive: (packet: Uint8Array) => void) => (arrived = receive) };
    const receive = new TunRx(
      [tun as never],
      new OwnDatagrams("10.0.0.1:10000", () => false),
      (input) => void inputs.push(input),
    );
    const packet = Uint8Array.from({ length: 40 }, (_, at) => [0x45, 0, 0, 40, 0, 0, 0, 0, 64, 253][at] ?? 1);
    receive.serve(eventSpec("tun", 6));
    arrived(packet);
    receive.serve(undefined);
    arrived(packet);
    expect(inputs).toHaveLength(1);
    expect([...receive.counters.dropped]).toEqual([["tun: no subscriber", 1]]);
  });
});

/** TunTx with one device. */
function transmitter(device: { readonly write: (packet: Uint8Array) => unknown }): TunTx {
  return new TunTx(new DeviceRoutes([{ name: "moz", ...device } as unknown as Device]));
}

describe("TunTx", () => {
  test("checks each packet of a train whose packets differ, and writes the valid ones", () => {
    const sound = (mark: number, length = 40) =>
      Uint8Array.from({ length }, (_, at) => [0x45, 0, 0, length, 0, mark, 0, 0, 64, 253][at] ?? 1);
    const rows = [new Uint8Array(40), sound(1), new Uint8Array(40), sound(2), sound(3, 30)];
    const written: Uint8Array[][] = [];
    const transmit = transmitter({
      write: (packet: Uint8Array) => written.push(segmentsOf(packet).map((row) => row.slice())),
    });
    transmit.push(tuple(trainOf(rows)));
    transmit.push(tuple(trainOf([sound(1), sound(2), sound(3, 30)])));
    transmit.commit();
    expect(written).toEqual([[sound(1)], [sound(2)], [sound(3, 30)], [sound(1), sound(2), sound(3, 30)]]);
    expect([...transmit.counters.dropped]).toEqual([["tun: no IP packet", 2]]);
    expect([transmit.counters.in, transmit.counters.out]).toEqual([2, 6]);
  });

  test("drops values that are no packets, and drops everything without a device", () => {
    const withDevice = transmitter({ write: () => expect.unreachable() });
    withDevice.push(tuple("text"));
    withDevice.push(tuple(new Uint8Array([0x45, 0])));
    withDevice.commit();
    const without = new TunTx(new DeviceRoutes([]));
    without.push(tuple(new Uint8Array(20)));
    expect([...withDevice.counters.dropped]).toEqual([["tun: no IP packet", 2]]);
    expect([...without.counters.dropped]).toEqual([["tun: no device", 1]]);
  });
});

describe("OverlaySendWrap, OverlayRecvUnwrap and ReceiveDemux", () => {
  const overlays = `
    overlay outer.
    s: outer.recv(Packet) :- outer.send(Dest, Packet), Dest == "here".
  `;

  test("a tuple for an overlay address becomes a send event, and its recv event the tuple again, in one step", () => {
    const program = `${overlays}
      a: x@outer::"here"(V) :- go(V).
      b: done(V) :- x(V).`;
    expect(runSession(program, ["insert outer.go(7)"]).split("\n").slice(1)).toEqual([
      "event outer.go(7)",
      'send outer.x(7) to outer::"here"',
      'event outer.send("here", outer.x(7))',
      "event outer.recv(outer.x(7))",
      "event outer.x(7)",
      "event outer.done(7)",
    ]);
  });
});
