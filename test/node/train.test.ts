import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram, type Program } from "../../runtime/node/program.ts";
import { Packet, type Tuple } from "../../runtime/plan/values/packet.ts";
import { Train, trainOf } from "../../runtime/plan/values/train.ts";
import type { Value } from "../../runtime/plan/values/value.ts";
import { DatagramBuilder } from "../../runtime/wire/datagram-builder.ts";
import { eventSpec } from "../predicate-spec.ts";
import { manualWorld } from "../session/manual-world.ts";
import { RecordingTun } from "../session/recording-tun.ts";

/** Packets go from a to b through c, in an overlay over an overlay. */
const WAY = `
overlay way.
materialize(hop, infinity, infinity, keys(1)).
snd: way.send@Next(Dest, Packet) :- localAddr(Local), Local != Dest, way.send(Dest, Packet), hop(Dest, Next).
rcv: way.recv(Packet) :- way.send(Dest, Packet), localAddr(Local), Local == Dest.
`;
const HOPS: Readonly<Record<string, string>> = {
  "a:1": `inner.hop("b:1", "c:1"). outer.hop("b:1", inner::"b:1"). addressMap("100.64.0.2", outer::"b:1").`,
  "b:1": "",
  "c:1": `inner.hop("b:1", "b:1").`,
};

function program(host: string, more: string): Program {
  const library = new FileLibrary();
  library.addText("way", WAY);
  library.addText("layers", `import "way" as inner\nimport "way" as outer\n${HOPS[host]}${more}`);
  const { plan, diagnostics } = compile(["layers", "tunnel.mzl"], library, { defines: new Map(), dialect: undefined });
  if (plan === undefined) throw new Error(diagnostics.map((one) => one.message).join("\n"));
  return loadProgram(plan);
}

function host(name: string, more: string = "") {
  const world = manualWorld(name);
  const tun = new RecordingTun();
  const node = new Node(program(name, more), { ...world, devices: [tun] }, { names: [name], facts: [], watch: [] });
  node.start();
  return { node, tun, datagrams: world.datagrams };
}

/** Returns an IPv4 packet to 100.64.0.2 whose protocol has no checksum. */
function packet(length: number, filling: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(filling);
  bytes.set([0x45, 0, length >> 8, length & 0xff, 0, filling, 0x40, 0, 64, 253, 0, 0, 100, 64, 0, 1, 100, 64, 0, 2]);
  return bytes;
}

function event(name: string, ...args: readonly Value[]): Tuple {
  return { predicate: eventSpec(name, args.length), args, isDelete: false };
}

/** Returns the datagram that holds one tuple. */
function datagramOf(tuple: Tuple): Uint8Array {
  const builder = new DatagramBuilder(1452);
  builder.add(tuple);
  const [bytes] = builder.take();
  if (bytes === undefined) throw new Error("a short tuple has a datagram");
  return bytes;
}

/** Contents of datagrams: device packets and other bytes, for b and for other nodes, at several layers. */
const CONTENTS: readonly ((length: number, filling: number) => Tuple)[] = [
  (length, filling) => event("said", new Uint8Array(length).fill(filling)),
  (length, filling) => event("tun", packet(length, filling)),
];
const WRAPS: readonly ((tuple: Tuple) => Tuple)[] = [
  (tuple) => tuple,
  ...["inner", "outer"].flatMap((overlay) =>
    ["b:1", "c:1"].map((to) => (tuple: Tuple) => event(`${overlay}.send`, to, Packet.of(tuple))),
  ),
];

/** Datagrams that are nearly alike: some differ in one byte. */
const ARRIVALS: fc.Arbitrary<readonly Uint8Array[]> = fc
  .record({
    length: fc.integer({ min: 60, max: 300 }),
    content: fc.nat({ max: CONTENTS.length - 1 }),
    wraps: fc.tuple(fc.nat({ max: WRAPS.length - 1 }), fc.nat({ max: WRAPS.length - 1 })),
    rows: fc.array(fc.nat({ max: 255 }), { minLength: 2, maxLength: 6 }),
    last: fc.integer({ min: 40, max: 300 }),
    outlier: fc.option(fc.tuple(fc.nat(), fc.nat({ max: WRAPS.length - 1 }), fc.nat({ max: CONTENTS.length - 1 }))),
    damage: fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat({ max: 255 })), { maxLength: 2 }),
  })
  .map(({ length, content, wraps: [inner, outer], rows, last, outlier, damage }) => {
    const wrapped = (tuple: Tuple, by: number): Tuple => WRAPS[by]?.(tuple) ?? tuple;
    const datagrams = rows.map((filling, at) => {
      const isOutlier = outlier !== null && outlier[0] % rows.length === at;
      const size = at === rows.length - 1 ? Math.min(last, length) : length;
      const tuple = CONTENTS[isOutlier ? outlier[2] : content]?.(size, filling) as Tuple;
      return datagramOf(wrapped(wrapped(tuple, isOutlier ? outlier[1] : inner), outer)).slice();
    });
    for (const [row, at, byte] of damage) {
      const bytes = datagrams[row % rows.length] as Uint8Array;
      bytes[at % bytes.length] = byte;
    }
    return datagrams;
  });

/** As `joined`, with the length of the common prefix of the segments. */
function withCommonPrefix(datagrams: readonly Uint8Array[]): readonly Uint8Array[] {
  return joined(datagrams).map((bytes) => {
    if (!(bytes instanceof Train)) return bytes;
    const fullLength = bytes.segments().filter(({ length }) => length === bytes.length);
    const firstDifference = Array.from(bytes).findIndex((byte, at) => fullLength.some((row) => row[at] !== byte));
    const { buffer, count, stride, lastAt, lastLength, length } = bytes;
    return new Train(buffer, 0, length, {
      count,
      stride,
      lastAt,
      lastLength,
      commonPrefix: firstDifference < 0 ? length : firstDifference,
    });
  });
}

function outcomeOf({ node, tun, datagrams }: ReturnType<typeof host>) {
  const kept = (node.rows("kept") ?? []).map(([bytes]) => [(bytes as Uint8Array).slice(), bytes instanceof Train]);
  return { written: tun.written, kept, sent: datagrams.sent, drops: new Map(node.counters.drops) };
}

/** Returns the packets that leave b's device when these enter a's. `deliver` carries the datagrams between nodes. */
function journey(packets: readonly Uint8Array[], deliver: (bytes: readonly Uint8Array[]) => readonly Uint8Array[]) {
  const [a, b, c] = [host("a:1"), host("b:1"), host("c:1")];
  for (const bytes of packets) a.tun.receive(bytes);
  const first = a.datagrams.sent.map(({ bytes }) => bytes);
  for (const bytes of deliver(first)) c.datagrams.deliver(bytes, "a:1");
  const second = c.datagrams.sent.map(({ bytes }) => bytes);
  for (const bytes of deliver(second)) b.datagrams.deliver(bytes, "c:1");
  return { first, second, written: b.tun.written };
}

/** Joins neighbours of one length to trains, as a kernel does. */
function joined(datagrams: readonly Uint8Array[]): readonly Uint8Array[] {
  const groups: Uint8Array[][] = [];
  for (const bytes of datagrams) {
    const group = groups.at(-1);
    const [first, last] = [group?.[0], group?.at(-1)];
    if (group === undefined || first?.length !== last?.length || bytes.length > (first?.length ?? 0))
      groups.push([bytes]);
    else group.push(bytes);
  }
  return groups.map((group) => trainOf(group));
}

describe("a train through a node", () => {
  test("has the effect of its packets one by one, at every hop and through two layers", () => {
    const shapes = fc.tuple(fc.integer({ min: 60, max: 1300 }), fc.integer({ min: 2, max: 12 }), fc.nat());
    fc.assert(
      fc.property(shapes, ([length, count, last]) => {
        const packets = Array.from({ length: count }, (_, at) =>
          packet(at === count - 1 ? 40 + (last % (length - 39)) : length, at),
        );
        const singly = journey(packets, (datagrams) => datagrams);
        const together = journey([trainOf(packets)], joined);
        expect(singly.written).toEqual(packets);
        expect(together).toEqual(singly);
      }),
      { numRuns: 40 },
    );
  });

  test("keeps all its packets when a rule stores it, although its memory is reused", () => {
    const { node, tun } = host(
      "b:1",
      "materialize(kept, infinity, infinity, keys(1)). k: kept(f_u8(Packet, 5), Packet) :- tun(Packet).",
    );
    const packets = [packet(100, 1), packet(100, 2), packet(60, 3)];
    const train = trainOf(packets);
    tun.receive(train);
    new Uint8Array(train.buffer).fill(0);
    const rows = node.rows("kept") ?? [];
    expect(rows.map(([, bytes]) => bytes)).toEqual(packets);
  });

  test("gets a new header in every packet", () => {
    const { tun } = host("b:1", `d: tun(Packet, null, "10.0.0.5", null, 9) :- tun(Packet, "100.64.0.1").`);
    tun.receive(trainOf([packet(100, 1), packet(100, 2), packet(60, 3)]));
    expect(tun.written.map((bytes) => [bytes.length, bytes[5], bytes[8], bytes.slice(16, 20).join(".")])).toEqual([
      [100, 1, 9, "10.0.0.5"],
      [100, 2, 9, "10.0.0.5"],
      [60, 3, 9, "10.0.0.5"],
    ]);
  });

  test("consists of device packets: datagrams that end with other bytes are decoded one by one", () => {
    const { node, datagrams } = host(
      "b:1",
      "materialize(kept, infinity, infinity, keys(1)). k: kept(Bytes) :- said(Bytes).",
    );
    const said = (filling: number) => event("said", new Uint8Array(300).fill(filling));
    datagrams.deliver(trainOf([said(1), said(2), said(3)].map(datagramOf)), "a:1");
    const carried = [said(4), said(5)].map((tuple) => event("outer.send", "b:1", Packet.of(tuple)));
    datagrams.deliver(trainOf(carried.map(datagramOf)), "a:1");
    datagrams.deliver(trainOf(carried.map((tuple) => datagramOf(event("inner.send", "b:1", Packet.of(tuple))))), "a:1");
    const fillings = (node.rows("kept") ?? []).map(([bytes]) => [(bytes as Uint8Array)[0], bytes instanceof Train]);
    expect(fillings).toEqual([1, 2, 3, 4, 5].map((filling) => [filling, false]));
  });

  test("of arbitrary datagrams has the effect of the datagrams one by one", () => {
    const program = "materialize(kept, infinity, infinity, keys(1)). k: kept(Bytes) :- said(Bytes).";
    fc.assert(
      fc.property(fc.array(ARRIVALS, { minLength: 1, maxLength: 6 }), (arrivals) => {
        const [one, other] = [host("b:1", program), host("b:1", program)];
        for (const rows of arrivals) {
          for (const row of rows) one.datagrams.deliver(row.slice(), "a:1");
          for (const train of withCommonPrefix(rows)) other.datagrams.deliver(train, "a:1");
        }
        expect(outcomeOf(other)).toEqual(outcomeOf(one));
      }),
      { numRuns: 200 },
    );
  });

  test("of packets with different inner headers is forwarded in the order of arrival", () => {
    const { datagrams } = host("b:1", `outer.hop("d:1", "c:1").`);
    const wrapped = (filling: number, to: string): Tuple =>
      event("outer.send", to, Packet.of(event("tun", packet(100, filling))));
    const [one, two, other] = [wrapped(9, "d:1"), wrapped(5, "d:1"), wrapped(7, "b:1")];
    const rows = [one, two, other].map((tuple) => datagramOf(event("inner.send", "b:1", Packet.of(tuple))));
    for (const train of withCommonPrefix(rows)) datagrams.deliver(train, "a:1");
    const fillings = datagrams.sent.map(({ bytes }) => bytes.at(-1));
    expect(fillings).toEqual([9, 5]);
  });

  test("of datagrams that differ is decoded one by one", () => {
    const [a, b] = [host("a:1"), host("b:1")];
    for (const [length, filling] of [
      [200, 1],
      [200, 2],
      [200, 3],
    ] as const)
      a.tun.receive(packet(length, filling));
    const sent = a.datagrams.sent.map(({ bytes }) => bytes.slice());
    const c = host("c:1");
    sent[1]?.set([0xff], 5);
    c.datagrams.deliver(trainOf(sent), "a:1");
    for (const { bytes } of c.datagrams.sent) b.datagrams.deliver(bytes, "c:1");
    expect(b.tun.written).toEqual([packet(200, 1), packet(200, 3)]);
    expect([...c.node.counters.drops]).toEqual([["unknown predicate", 1]]);
  });
});
