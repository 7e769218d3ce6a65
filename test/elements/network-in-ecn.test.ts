import { describe, expect, test } from "vitest";
import { compile } from "../../src/compile.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { NetworkIn } from "../../runtime/elements/network-in.ts";
import { CE, ECT_0, ECT_1, NOT_ECT } from "../../runtime/ip/traffic-class.ts";
import { PeerCounters } from "../../runtime/observe/peer-counters.ts";
import { PathSizes } from "../../runtime/path/path-sizes.ts";
import { Packet, type Tuple } from "../../runtime/plan/values/packet.ts";
import { segmentsOf, trainOf } from "../../runtime/plan/values/train.ts";
import { Admission } from "../../runtime/wire/admission.ts";
import { DatagramBuilder } from "../../runtime/wire/datagram-builder.ts";
import { eventSpec } from "../predicate-spec.ts";
import { manualWorld } from "../session/manual-world.ts";

const HERE = "10.0.0.1:10000";
const THERE = "10.0.0.2:10000";
const DROP = "ecn: outer CE, inner Not-ECT";
/** An element of a node whose tuples the test sees. */
class Bench {
  readonly element: NetworkIn;
  readonly tuples: Tuple[] = [];
  readonly #world = manualWorld(HERE);

  constructor() {
    const { clock, datagrams } = this.#world;
    const paths = new PathSizes({ clock, datagrams, random: () => 0, changed: () => undefined });
    this.element = new NetworkIn(this.#world, new PeerCounters(), paths, ({ tuple }) => {
      this.tuples.push({ ...tuple, args: tuple.args.map((arg) => (arg instanceof Uint8Array ? copyOf(arg) : arg)) });
    });
    this.element.admission = admission();
    this.element.start();
  }

  deliver(bytes: Uint8Array, ecn: number): void {
    this.#world.datagrams.deliver(bytes, THERE, 0xb8 | ecn);
  }

  /** ECN fields of the packets that were admitted. */
  get ecn(): readonly number[] {
    return this.tuples.flatMap((tuple) => segmentsOf(bytesIn(tuple)).map(ecnIn));
  }
}

/** Combinations in which the packet changes or is dropped. */
const CHANGES = [
  { inner: ECT_0, outer: CE, result: [CE] },
  { inner: ECT_1, outer: CE, result: [CE] },
  { inner: ECT_0, outer: ECT_1, result: [ECT_1] },
  { inner: ECT_1, outer: ECT_0, result: [ECT_1] },
  { inner: CE, outer: NOT_ECT, result: [CE] },
  { inner: NOT_ECT, outer: ECT_1, result: [NOT_ECT] },
  { inner: NOT_ECT, outer: CE, result: [] },
];

describe("NetworkIn combines the ECN field of a datagram with the packet in it", () => {
  test.each(CHANGES)("inner $inner, outer $outer", ({ inner, outer, result }) => {
    for (const layers of [0, 1, 2]) {
      const bench = new Bench();
      // The second datagram finds the first one in the decode cache.
      for (const _ of [1, 2]) bench.deliver(datagram([packet(inner)], layers), outer);
      expect(bench.ecn).toEqual([...result, ...result]);
      expect(bench.element.counters.dropped).toEqual(new Map(result.length === 0 ? [[DROP, 2]] : []));
    }
  });

  test.each(CHANGES)("of a train, inner $inner, outer $outer", ({ inner, outer, result }) => {
    for (const layers of [0, 1]) {
      const bench = new Bench();
      const sent = [1000, 1000, 100].map((length) => datagram([packet(inner, length)], layers));
      for (const _ of [1, 2]) bench.deliver(trainOf(sent), outer);
      expect(bench.ecn).toEqual(Array.from({ length: 6 }, () => result).flat());
      expect(bench.tuples.length).toBe(result.length * 2);
      expect(bench.element.counters.dropped).toEqual(new Map(result.length === 0 ? [[DROP, 6]] : []));
    }
  });

  test("of a train that must lose some of its packets", () => {
    const bench = new Bench();
    bench.deliver(trainOf([ECT_0, NOT_ECT, CE].map((inner) => datagram([packet(inner, 1000)], 0))), CE);
    expect(bench.ecn).toEqual([CE, CE]);
    expect(bench.element.counters.dropped).toEqual(new Map([[DROP, 1]]));
  });

  test("of several packets in one datagram, of which it drops only those that must be", () => {
    const bench = new Bench();
    bench.deliver(datagram([packet(ECT_0, 60), packet(NOT_ECT, 61), packet(ECT_1, 62)], 0), CE);
    expect(bench.ecn).toEqual([CE, CE]);
    expect(bench.element.counters.dropped).toEqual(new Map([[DROP, 1]]));
  });

  test.each([0, 1, 2])("of a packet in three fragments, of which number %d met congestion", (marked) => {
    const bench = new Bench();
    const builder = new DatagramBuilder(500);
    builder.add(tunTuple(packet(ECT_0, 1200)));
    const pieces = builder.take();
    expect(pieces).toHaveLength(3);
    for (const [at, piece] of pieces.entries()) bench.deliver(piece, at === marked ? CE : ECT_0);
    expect(bench.ecn).toEqual([CE]);
    for (const piece of pieces) bench.deliver(piece, ECT_0);
    expect(bench.ecn).toEqual([CE, ECT_0]);
  });

  test("and lets bytes that are no packet, and malformed datagrams, pass to those who refuse them", () => {
    const bench = new Bench();
    bench.deliver(datagram([Uint8Array.of(0x45)], 0), CE);
    expect(bench.tuples.map(({ args }) => args)).toEqual([[Uint8Array.of(0x45)]]);
    bench.deliver(Uint8Array.of(0x4d, 0x5a, 1, 0, 1, 2, 3), CE);
    expect(bench.element.counters.dropped).toEqual(new Map([["datagram: truncated", 1]]));
  });
});

function admission(): Admission {
  const library = new FileLibrary();
  const { plan, diagnostics } = compile(["tunnel.mzl", "sr.mzl"], library, { defines: new Map(), dialect: undefined });
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return new Admission(plan);
}

/** Returns a datagram of packets, in so many layers. */
function datagram(packets: readonly Uint8Array[], layers: number): Uint8Array {
  const builder = new DatagramBuilder(1452);
  for (const bytes of packets) {
    let tuple = tunTuple(bytes);
    for (let layer = 0; layer < layers; layer++)
      tuple = { predicate: eventSpec("sr.hop", 2), args: [[THERE], Packet.of(tuple)], isDelete: false };
    builder.add(tuple);
  }
  return builder.take()[0] as Uint8Array;
}

function tunTuple(bytes: Uint8Array): Tuple {
  const tun = eventSpec("tun", 1);
  return { predicate: { ...tun, role: { kind: "tun" } }, args: [bytes], isDelete: false };
}

function packet(ecn: number, length: number = 100): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set([0x45, 0xb8 | ecn, length >> 8, length & 0xff]);
  return bytes;
}

/** Returns the packet or train in a tuple, through all layers. */
function bytesIn({ args }: Tuple): Uint8Array {
  const last = args.at(-1);
  return last instanceof Packet ? (last.body as Uint8Array) : (last as Uint8Array);
}

/** Returns the ECN field of the packet at the end of a segment. */
function ecnIn(segment: Uint8Array): number {
  const at = Buffer.from(segment).lastIndexOf(0x45);
  return (segment[at + 1] as number) & 3;
}

function copyOf(bytes: Uint8Array): Uint8Array {
  return trainOf(segmentsOf(bytes).map((segment) => segment.slice()));
}
