import { createSocket, type Socket } from "node:dgram";
import { beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { type Packet, Packet as PacketOf, type Tuple } from "../../runtime/plan/values/packet.ts";
import { segmentsOf, Train, trainOf } from "../../runtime/plan/values/train.ts";
import { DatagramBuilder } from "../../runtime/wire/datagram-builder.ts";
import { type DatagramTrain, datagramsOf } from "../../runtime/wire/datagram-train.ts";
import { needs } from "../needs.ts";
import { eventSpec } from "../predicate-spec.ts";
import { join, type LinkedSocket, openLinked } from "./linked-sockets.ts";
import { sleep } from "./open-socket.ts";

beforeEach(({ skip }) => {
  const reason = needs("addon");
  skip(reason !== undefined, reason);
});

const HEADER = Buffer.from([0x4d, 0x5a, 1, 0]);

function plainOf(text: string): Buffer {
  return Buffer.concat([HEADER, Buffer.from(text)]);
}

/** A copy whose last byte differs. */
function damaged(bytes: Uint8Array): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length - 1] = (copy.at(-1) ?? 0) ^ 1;
  return copy;
}

/** A train of datagrams of a header, a segment and `t`. */
function trainOfRows(count: number, length: number, lastLength: number): DatagramTrain {
  const rows = Array.from({ length: count }, (_, row) =>
    new Uint8Array(row === count - 1 ? lastLength : length).fill(row),
  );
  const [head, tail] = [plainOf("head of 20 bytes"), Buffer.from("t")];
  return { train: trainOf(rows) as Train, head, tail, lastHead: head, lastTail: tail };
}

interface Arrivals {
  readonly rows: Buffer[];
  readonly trains: number[];
  readonly senders: Set<string>;
}

function arrivals({ datagrams }: LinkedSocket): Arrivals {
  const arrived: Arrivals = { rows: [], trains: [], senders: new Set() };
  datagrams.onDatagram(({ bytes, from }) => {
    const rows = segmentsOf(bytes).map((row) => Buffer.from(row));
    arrived.rows.push(...rows);
    if (bytes instanceof Train) arrived.trains.push(rows.length);
    arrived.senders.add(from);
  });
  return arrived;
}

async function linkedPair(options: { gso?: boolean; gro?: boolean } = {}): Promise<{
  readonly here: LinkedSocket;
  readonly there: LinkedSocket;
}> {
  const [here, there] = [await openLinked("127.0.0.1:0", options), await openLinked("127.0.0.1:0", options)];
  join(here, there);
  return { here, there };
}

/** A socket of the kernel that keeps what arrives. */
async function openPlain(): Promise<{
  readonly socket: Socket;
  readonly address: string;
  readonly received: Buffer[];
}> {
  const socket = createSocket("udp4");
  const received: Buffer[] = [];
  socket.on("message", (bytes) => received.push(bytes));
  await new Promise<void>((bound) => socket.bind(0, "127.0.0.1", bound));
  onTestFinished(() => void socket.close());
  return { socket, address: `127.0.0.1:${socket.address().port}`, received };
}

describe("a datagram", () => {
  test("arrives under the name of its sender, in both directions", async () => {
    const { here, there } = await linkedPair();
    const [forth, back] = [arrivals(there), arrivals(here)];
    here.datagrams.send("there", plainOf("one"));
    there.datagrams.send("here", plainOf("two"));
    await vi.waitFor(() => expect([forth.rows, back.rows]).toEqual([[plainOf("one")], [plainOf("two")]]));
    expect([...forth.senders, ...back.senders]).toEqual(["here", "there"]);
    expect(["there", "nobody"].map((name) => here.datagrams.numeric?.(name))).toEqual(["there", undefined]);
    expect(here.links.counts).toMatchObject({ sealed: 1, opened: 1 });
    expect(here.datagrams.counters).toMatchObject({ sent: 1, sentBytes: 7 + 28, received: 1, receivedBytes: 7 });
  });

  test("leaves sealed", async () => {
    const [here, there] = [await openLinked(), await openPlain()];
    const other = await openLinked();
    join(here, other);
    here.links.add("there", there.address);
    here.datagrams.send("there", plainOf("secret"));
    await vi.waitFor(() => expect(there.received).toHaveLength(1));
    expect(there.received[0]?.includes("secret")).toBe(false);
    expect(there.received[0]).toHaveLength(4 + 6 + 28);
  });

  test("for a name without a session goes back to the link layer, and so does a train", async () => {
    const here = await openLinked();
    here.links.add("there", "127.0.0.1:9");
    here.datagrams.send("there", plainOf("one"), 3);
    here.datagrams.send("nobody", plainOf("four"));
    here.datagrams.sendTrain?.("there", trainOfRows(2, 10, 5), 1);
    expect(here.told.unsealable).toEqual(["there 7 3", "nobody 8 0", "there 31 1", "there 26 1"]);
    expect(here.datagrams.counters.sent).toBe(0);
  });

  test("is 28 bytes shorter at most", async () => {
    const here = await openLinked("127.0.0.1:0", { maxPayload: 1400 });
    expect(here.datagrams.maxPayload).toBe(1372);
  });

  test("in plain, replayed or forged does not arrive", async () => {
    const { here, there } = await linkedPair();
    const arrived = arrivals(there);
    const eavesdropper = await openPlain();
    here.links.add("there", eavesdropper.address);
    here.datagrams.send("there", plainOf("one"));
    await vi.waitFor(() => expect(eavesdropper.received).toHaveLength(1));
    const sealed = eavesdropper.received[0] as Buffer;
    const forged = damaged(sealed);
    const port = Number(there.datagrams.address.split(":")[1]);
    for (const bytes of [plainOf("plain"), forged, sealed, sealed]) eavesdropper.socket.send(bytes, port, "127.0.0.1");
    await vi.waitFor(() =>
      expect(there.links.counts).toMatchObject({ unsealed: 1, forged: 1, opened: 1, replayed: 1 }),
    );
    expect(arrived.rows).toEqual([plainOf("one")]);
  });
});

describe("a train", () => {
  test.each([
    [2, 10, 10],
    [30, 1400, 1],
    [64, 900, 900],
    [300, 1300, 700],
  ])("of %d arrives whole and in order, each segment %d bytes long and the last %d", async (count, length, last) => {
    const { here, there } = await linkedPair();
    const arrived = arrivals(there);
    const train = trainOfRows(count, length, last);
    here.datagrams.sendTrain?.("there", train);
    await vi.waitFor(() => expect(arrived.rows).toHaveLength(count));
    expect(arrived.rows).toEqual(datagramsOf(train).map((row) => Buffer.from(row)));
    expect(arrived.trains.reduce((sum, rows) => sum + rows, 0)).toBeGreaterThanOrEqual(count - 1);
    expect(here.datagrams.counters).toMatchObject({ sent: count, failed: new Map() });
    expect(here.datagrams.offload?.segmented).toBeGreaterThan(0);
  });

  test.each([{ gso: false }, { gro: false }, { gso: false, gro: false }])("crosses with %j too", async (offload) => {
    const { here, there } = await linkedPair(offload);
    const arrived = arrivals(there);
    const train = trainOfRows(50, 1300, 40);
    here.datagrams.sendTrain?.("there", train);
    await vi.waitFor(() => expect(arrived.rows).toHaveLength(50));
    expect(arrived.rows).toEqual(datagramsOf(train).map((row) => Buffer.from(row)));
  });

  test("of queued datagrams of several lengths and lanes keeps its order in each lane", async () => {
    const { here, there } = await linkedPair();
    const arrived = arrivals(there);
    const sent = Array.from({ length: 1000 }, (_, number) =>
      Buffer.concat([HEADER, Buffer.alloc(4 + (number % 5), number)]),
    );
    for (const bytes of sent) here.datagrams.send("there", bytes);
    await vi.waitFor(() => expect(arrived.rows).toHaveLength(1000));
    expect(here.links.counts.sealed).toBe(1000);
    expect(there.links.counts).toMatchObject({ opened: 1000, forged: 0, replayed: 0 });
  });

  /** Sends the datagrams of a train by one call of the kernel if `gso`, with some of them changed on the way. */
  test.each([
    ["the first", [0]],
    ["the last", [19]],
    ["one between", [7]],
    ["every second", [1, 3, 5, 7, 9, 11, 13, 15, 17, 19]],
    ["all", Array.from({ length: 20 }, (_, row) => row)],
  ])("whose forged rows are %s loses only these", async (_, forged) => {
    const { here, there } = await linkedPair();
    const arrived = arrivals(there);
    const eavesdropper = await openPlain();
    here.links.add("there", eavesdropper.address);
    const train = trainOfRows(20, 300, 300);
    here.datagrams.sendTrain?.("there", train);
    await vi.waitFor(() => expect(eavesdropper.received).toHaveLength(20));
    const relay = await openLinkedRelay();
    const rows = eavesdropper.received.map((row, at) => (forged.includes(at) ? damaged(row) : row));
    relay(there.datagrams.address, rows);
    await vi.waitFor(() =>
      expect(there.links.counts).toMatchObject({ opened: 20 - forged.length, forged: forged.length }),
    );
    expect(arrived.rows).toEqual(
      datagramsOf(train)
        .map((row) => Buffer.from(row))
        .filter((_row, at) => !forged.includes(at)),
    );
  });

  test("may cross a rekey", async () => {
    const { here, there } = await linkedPair();
    const arrived = arrivals(there);
    const eavesdropper = await openPlain();
    here.links.add("there", eavesdropper.address);
    const train = trainOfRows(10, 300, 300);
    here.datagrams.sendTrain?.("there", train);
    await vi.waitFor(() => expect(eavesdropper.received).toHaveLength(10));
    join(here, there);
    here.links.add("there", eavesdropper.address);
    here.datagrams.sendTrain?.("there", train);
    await vi.waitFor(() => expect(eavesdropper.received).toHaveLength(20));
    (await openLinkedRelay())(there.datagrams.address, eavesdropper.received);
    await vi.waitFor(() => expect(arrived.rows).toHaveLength(20));
    expect(arrived.trains).toEqual([20]);
  });
});

/** Returns a function that sends datagrams of one length by one call of the kernel, so that the receiver's kernel joins them. */
async function openLinkedRelay(): Promise<(to: string, rows: readonly Uint8Array[]) => void> {
  const { openSocket } = await import("./open-socket.ts");
  const socket = await openSocket("127.0.0.1:0", { trains: true });
  const nothing = new Uint8Array(0);
  const around = { head: nothing, tail: nothing, lastHead: nothing, lastTail: nothing };
  return (to, rows) => socket.sendTrain?.(to, { train: trainOf(rows) as Train, ...around });
}

describe("the lane", () => {
  function encoded(sent: Tuple): Uint8Array {
    const builder = new DatagramBuilder(1452);
    builder.add(sent);
    return builder.take()[0] ?? new Uint8Array();
  }

  function tuple(name: string, ...args: Tuple["args"]): Tuple {
    return { predicate: eventSpec(name, args.length), args: [...args], isDelete: false };
  }

  const packet = tuple("tun", new Uint8Array(60).fill(0x45));
  const inside = (inner: Tuple): Packet => PacketOf.of(inner);

  test.each([
    ["a packet of a device", encoded(packet), 0],
    [
      "a packet of a device in overlays",
      encoded(tuple("a.send", "10.0.0.2:1", inside(tuple("b.send", 5n, inside(packet))))),
      0,
    ],
    ["a probe", encoded(tuple("ping", "10.0.0.2:1", 7)), 1],
    ["a probe in an overlay", encoded(tuple("a.send", "10.0.0.2:1", inside(tuple("ping", "x", 7)))), 1],
    ["a fragment", Buffer.from([0x4d, 0x5a, 1, 1, 0, 0, 0, 0, 0, 0, 0, 2, 1]), 1],
  ] as const)("of %s decides the socket that receives it", async (_, bytes, control) => {
    const { here, there } = await linkedPair();
    const arrived = arrivals(there);
    here.datagrams.send("there", bytes);
    await vi.waitFor(() => expect(arrived.rows).toEqual([Buffer.from(bytes)]));
    expect(there.datagrams.offload?.control).toBe(control);
  });

  test("lets bulk that has waited pass behind newer control datagrams", async () => {
    const { here, there } = await linkedPair({ gro: false });
    for (let turn = 0; turn < 20; turn++) here.datagrams.send("there", encoded(packet));
    await sleep(0.01);
    for (let turn = 0; turn < 9_000; turn++) {
      here.datagrams.send("there", encoded(tuple("ping", "x", turn)));
      if (turn % 200 === 0) await Promise.resolve();
    }
    const arrived = arrivals(there);
    await vi.waitFor(() => expect(arrived.rows.filter((row) => row.length > 60)).toHaveLength(20));
    expect(there.links.counts).toMatchObject({ replayed: 0, forged: 0 });
  });
});

describe("a link", () => {
  test("follows a peer that moves", async () => {
    const { here, there } = await linkedPair();
    const [forth, back] = [arrivals(there), arrivals(here)];
    const moved = await openLinked();
    arrivals(moved);
    const peers = join(moved, there);
    expect(there.links.state(peers.here)?.endpoint).toBe(moved.datagrams.address);
    there.links.add("here", here.datagrams.address);
    moved.datagrams.send("there", plainOf("moved"));
    await vi.waitFor(() => expect(forth.rows).toHaveLength(1));
    expect(there.links.state(peers.here)?.endpoint).toBe(moved.datagrams.address);
    await vi.waitFor(() => expect(there.told.changes).toBeGreaterThan(0));
    expect(back.rows).toEqual([]);
  });

  test("knows the sizes of its path", async () => {
    const { here } = await linkedPair();
    const path = here.datagrams.unfragmented?.("there") ?? 0;
    expect(path).toBe(65_535 - 28 - 28);
    expect(here.datagrams.unfragmented?.("nobody")).toBeUndefined();
    expect(here.datagrams.probe?.("there", plainOf("x".repeat(1000)))).toBe(true);
    expect(here.datagrams.counters.sent).toBe(1);
  });

  test("passes messages of the handshake to the link layer", async () => {
    const [here, there] = [await openLinked(), await openLinked()];
    arrivals(there);
    there.links.setMacKey(new Uint8Array(32));
    const message = Buffer.concat([Buffer.from([0x4d, 0x5a, 1, 8, 3]), Buffer.alloc(40)]);
    here.datagrams.sendHandshake?.(there.datagrams.address, message);
    here.datagrams.sendHandshake?.(there.datagrams.address, message.with(4, 1));
    await vi.waitFor(() => expect(there.links.counts.wrongMac).toBe(1));
    expect(there.told.handshakes).toEqual([`${here.datagrams.address} ${message.toString("hex")}`]);
  });

  test("is removed with its sessions, and its number goes to another peer", async () => {
    const { here, there } = await linkedPair();
    const peer = here.links.sealing("there");
    if (peer === undefined) throw new Error("no link");
    here.links.remove(peer);
    here.datagrams.send("there", plainOf("one"));
    expect(here.told.unsealable).toEqual(["there 7 0"]);
    expect(here.links.add("other", there.datagrams.address)?.link).toBe(peer.link);
    expect(here.links.sealing("other")).toBeUndefined();
  });

  test("reaches IPv4 from an IPv6 socket", async ({ skip }) => {
    skip(needs("IPv6") !== undefined, needs("IPv6"));
    const [here, there] = [await openLinked("[::]:0"), await openLinked()];
    join(here, there, "127.0.0.1:9");
    const arrived = arrivals(there);
    here.datagrams.send("there", plainOf("one"));
    await vi.waitFor(() => expect(arrived.rows).toEqual([plainOf("one")]));
  });
});
