import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { NetworkOut } from "../../runtime/elements/network-out.ts";
import { PeerCounters } from "../../runtime/observe/peer-counters.ts";
import { DeviceRoutes } from "../../runtime/ip/device-routes.ts";
import { DeviceMtus } from "../../runtime/path/device-mtu.ts";
import { Liveness } from "../../runtime/path/liveness.ts";
import { PathSizes } from "../../runtime/path/path-sizes.ts";
import { TooBig } from "../../runtime/path/too-big.ts";
import { Packet, type Tuple } from "../../runtime/plan/values/packet.ts";
import { trainOf } from "../../runtime/plan/values/train.ts";
import { encodeBody } from "../../runtime/plan/values/encode.ts";
import { decodeFields } from "../../runtime/plan/values/decode-fields.ts";
import { decodeDatagram } from "../../runtime/wire/decode.ts";
import { Reassembly } from "../../runtime/wire/reassembly.ts";
import type { Datagrams, Device } from "../../runtime/world/world.ts";
import { packetOf } from "../ip/ip-oracle.ts";
import { eventSpec } from "../predicate-spec.ts";
import { ManualClock, ManualDatagrams } from "../session/manual-world.ts";

/** Longest datagram that the paths of these tests carry. */
const PAYLOAD = 1252;
const OVERLAYS = ["ron", "sr", "outer"];

class NarrowPaths extends PathSizes {
  /** Number of long datagrams by address. */
  readonly load: Map<string, number> = new Map<string, number>();

  override payload(): number {
    return PAYLOAD;
  }

  override countSent(to: string, count: number): void {
    this.load.set(to, (this.load.get(to) ?? 0) + count);
  }
}

/** The element with datagrams and a device that record its sends and writes. */
class Bench {
  readonly datagrams: ManualDatagrams = new ManualDatagrams("me:1");
  readonly written: Uint8Array[] = [];
  readonly paths: NarrowPaths;
  readonly element: NetworkOut;

  constructor() {
    const clock = new ManualClock();
    const tun = { name: "moz", write: (packet: Uint8Array) => this.written.push(packet) } as unknown as Device;
    this.paths = new NarrowPaths({ clock, datagrams: this.datagrams, random: () => 0, changed: () => {} });
    const peers = new PeerCounters();
    const liveness = new Liveness(clock, this.datagrams, peers, this.paths);
    this.element = new NetworkOut({
      datagrams: this.datagrams,
      peers,
      paths: this.paths,
      tooBig: new TooBig(new DeviceRoutes([tun]), clock),
      deviceMtus: new DeviceMtus([tun], () => {}),
      liveness,
    });
  }

  send(packet: Uint8Array, layers: number): readonly Uint8Array[] {
    this.element.push("you:1", wrapped(packet, layers));
    this.element.commit();
    return this.datagrams.sent.map(({ bytes }) => bytes);
  }
}

describe("NetworkOut, when a device packet exceeds the path", () => {
  test("notifies the sender of the longest packet that fits, at any number of overlay layers", () => {
    fc.assert(
      fc.property(fc.nat(3), fc.integer({ min: PAYLOAD, max: 9000 }), (layers, length) => {
        const bench = new Bench();
        expect(bench.send(ipv4(length), layers)).toEqual([]);
        expect(bench.element.counters.dropped).toEqual(new Map([["packet too big", 1]]));
        const [message] = bench.written as [Uint8Array];
        const mtu = (message[26] as number) * 256 + (message[27] as number);
        const [datagram] = new Bench().send(ipv4(mtu), layers) as [Uint8Array];
        // A length may take one byte more when the packet is longer, so up to 4 bytes stay unused.
        expect(datagram.length).toBeLessThanOrEqual(PAYLOAD);
        expect(datagram.length).toBeGreaterThanOrEqual(PAYLOAD - 4);
      }),
    );
  });

  test("splits it into fragments if its sender allows that, or has just been notified", () => {
    expect(new Bench().send(ipv4(1400, 0), 1)).toHaveLength(2);
    const bench = new Bench();
    bench.send(ipv4(1400), 1);
    expect(bench.send(ipv4(1400), 1)).toHaveLength(2);
    expect(bench.written).toHaveLength(1);
  });

  test("notifies once for a whole train", () => {
    const bench = new Bench();
    expect(bench.send(trainOf([ipv4(1400), ipv4(1400), ipv4(900)]), 1)).toEqual([]);
    expect(bench.written).toHaveLength(1);
    expect(bench.send(trainOf([ipv4(1400), ipv4(1400), ipv4(900)]), 1)).toHaveLength(5);
  });

  test("notifies nobody of a forwarded packet, and splits it into fragments, a train packet by packet", () => {
    const bench = new Bench();
    const segments = [ipv4(1400), ipv4(1400), ipv4(1300)];
    bench.element.push("you:1", event("ron.send", ["you:1", Packet.inTransit(7, 0, trainOf(segments))]));
    bench.element.commit();
    expect(bench.datagrams.sent).toHaveLength(6);
    const reassembly = new Reassembly();
    const messages = bench.datagrams.sent.flatMap(({ bytes }) => reassembly.assemble(bytes, "me:1", 0) ?? []);
    expect(messages.map((bytes) => bodyIn(bytes as Uint8Array))).toEqual(segments);
    expect(bench.written).toEqual([]);
  });
});

test("NetworkOut reports the number of long datagrams to the path, also those of a train", () => {
  const bench = new Bench();
  bench.send(ipv4(1000), 1);
  bench.send(ipv4(100), 1);
  expect(bench.paths.load).toEqual(new Map([["you:1", 1]]));
  bench.send(trainOf([ipv4(1000), ipv4(1000), ipv4(1000), ipv4(200)]), 1);
  expect(bench.paths.load).toEqual(new Map([["you:1", 5]]));
});

test("NetworkOut lowers the segment size of a new TCP connection to what fits, at any number of layers", () => {
  const fitting = [0, 1, 2, 3].map((layers) => {
    const [datagram] = new Bench().send(syn(1460), layers) as [Uint8Array];
    const at = Buffer.from(datagram).lastIndexOf(Uint8Array.of(2, 4));
    return (datagram[at + 2] as number) * 256 + (datagram[at + 3] as number);
  });
  for (const [layers, size] of fitting.entries()) {
    expect(new Bench().send(ipv4(size + 40), layers)).toHaveLength(1);
    expect(new Bench().send(ipv4(size + 45), layers)).toHaveLength(0);
  }
});

describe("NetworkOut gives the traffic class of a device packet to its datagram", () => {
  test.each([0, 1, 2, 3])("at %d overlay layers, of IPv4 and IPv6", (layers) => {
    const bench = new Bench();
    bench.send(classed(0xb9), layers);
    const v6 = new Uint8Array(60);
    v6.set([0x6b, 0xa0]);
    bench.send(v6, layers);
    expect(bench.datagrams.trafficClasses).toEqual([0xb9, 0xba]);
  });

  test("which it forwards without decoding it", () => {
    const bench = new Bench();
    const { args } = wrapped(classed(0xb9), 2);
    const { hash } = args[1] as Packet;
    const body = encodeBody(((args[1] as Packet).tuple as Tuple).args) as Uint8Array;
    bench.element.push("you:1", event("ron.send", ["you:1", Packet.inTransit(hash, 0, body)]));
    bench.element.commit();
    expect(bench.datagrams.trafficClasses).toEqual([0xb9]);
  });

  test("and 0 to a datagram without a device packet", () => {
    const bench = new Bench();
    for (const args of [["text"], [classed(3)], [Packet.of(event("said", [classed(3)]))]]) {
      bench.element.push("you:1", event("said", args));
      bench.element.commit();
    }
    expect(bench.datagrams.trafficClasses).toEqual([0, 0, 0]);
  });

  test("and puts packets of different classes into different datagrams", () => {
    const bench = new Bench();
    const tuples = [event("said", ["text"]), ...[1, 1, 3, 2].map((ecn, at) => wrapped(classed(ecn, 100 + at), 1))];
    for (const tuple of tuples) bench.element.push("you:1", tuple);
    bench.element.commit();
    expect(bench.datagrams.trafficClasses).toEqual([0, 1, 3, 2]);
  });

  test.each([
    ["at its source", 0],
    ["in an overlay", 2],
  ])("and sends a train of packets of different classes packet by packet, %s", (_, layers) => {
    const classes = [2, 2, 3, 2];
    const bench = new Bench();
    bench.send(trainOf(classes.map((ecn, at) => classed(ecn, at < 3 ? 1000 : 90))), layers);
    expect(bench.datagrams.trafficClasses).toEqual(classes);
    const bodies = classes.map((ecn, at) => encodeBody([classed(ecn, at < 3 ? 1000 : 90)]) as Uint8Array);
    const relay = new Bench();
    const { hash } = Packet.of(wrapped(classed(2), 0));
    relay.element.push("you:1", event("ron.send", ["you:1", Packet.inTransit(hash, 0, trainOf(bodies))]));
    relay.element.commit();
    expect(relay.datagrams.trafficClasses).toEqual(classes);
  });

  test("and keeps a train of one class together", () => {
    const bench = new Bench();
    const trains: number[] = [];
    const sendTrain: Datagrams["sendTrain"] = (_to, { train }, trafficClass = 0) =>
      trains.push(train.count, trafficClass);
    Object.assign(bench.datagrams, { sendTrain });
    bench.send(trainOf([classed(2, 1000), classed(2, 1000), classed(2, 90)]), 2);
    expect(trains).toEqual([3, 2]);
    expect(bench.datagrams.trafficClasses).toEqual([]);
  });
});

/** Returns the body of the packet in the only tuple of a datagram. */
function bodyIn(bytes: Uint8Array): Uint8Array | undefined {
  const decoded = decodeDatagram(bytes);
  const [tuple] = decoded.ok ? decoded.tuples : [];
  const [, packet] = (tuple && decodeFields(bytes, tuple.start, tuple.end, 2)) ?? [];
  return packet instanceof Packet ? packet.body : undefined;
}

function wrapped(packet: Uint8Array, layers: number): Tuple {
  const tun = eventSpec("tun", 1);
  const inner: Tuple = { predicate: { ...tun, role: { kind: "tun" } }, args: [packet], isDelete: false };
  return OVERLAYS.slice(0, layers).reduce<Tuple>(
    (tuple, overlay) => event(`${overlay}.send`, ["10.0.0.1:10000", Packet.of(tuple)]),
    inner,
  );
}

function event(name: string, args: Tuple["args"]): Tuple {
  return { predicate: eventSpec(name, args.length), args, isDelete: false };
}

function ipv4(length: number, flags: number = 0x40): Uint8Array {
  const packet = packetWith(17, new Uint8Array(length - 20));
  packet[6] = flags;
  return packet;
}

/** Returns an IPv4 packet with a traffic class. */
function classed(trafficClass: number, length: number = 100): Uint8Array {
  return ipv4(length).with(1, trafficClass);
}

function syn(segment: number): Uint8Array {
  const header = [4, 210, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 6 << 4, 2, 255, 255, 0, 0, 0, 0];
  return packetWith(6, Uint8Array.from([...header, 2, 4, segment >> 8, segment & 255]));
}

function packetWith(protocol: number, payload: Uint8Array): Uint8Array {
  const hosts = { source: Uint8Array.of(10, 0, 0, 1), destination: Uint8Array.of(10, 0, 0, 9) };
  return packetOf({ version: 4, protocol, ttl: 64, ...hosts, between: new Uint8Array(0), payload });
}
