import { beforeEach, describe, expect, test, vi } from "vitest";
import { Address } from "../../runtime/plan/values/address.ts";
import { Packet, type Tuple } from "../../runtime/plan/values/packet.ts";
import type { Value } from "../../runtime/plan/values/value.ts";
import { DatagramBuilder } from "../../runtime/wire/datagram-builder.ts";
import type { Datagrams } from "../../runtime/world/world.ts";
import { needs } from "../needs.ts";
import { eventSpec } from "../predicate-spec.ts";
import { openSocket, sleep } from "./open-socket.ts";

const TIMEOUT_MS = 10_000;

beforeEach(({ skip }) => {
  const reason = needs("addon");
  skip(reason !== undefined, reason);
});

function tuple(name: string, ...args: readonly Value[]): Tuple {
  return { predicate: eventSpec(name, args.length), args: [...args], isDelete: false };
}

function carried(overlay: string, to: Value, inner: Tuple): Tuple {
  return tuple(`${overlay}.send`, to, Packet.of(inner));
}

/** A packet of a device in a datagram, with other fields that a rule may add. */
function packet(bytes: number, ...others: readonly Value[]): Tuple {
  return tuple("tun", new Uint8Array(bytes).fill(0x45), ...others);
}

function datagramsWith(sent: Tuple): readonly Uint8Array[] {
  const builder = new DatagramBuilder(1452);
  expect(builder.add(sent)).toBeUndefined();
  return builder.take();
}

function encoded(sent: Tuple): Uint8Array {
  const [bytes, ...others] = datagramsWith(sent);
  if (bytes === undefined || others.length > 0) throw new Error("one datagram was wanted");
  return bytes;
}

const PROBE = tuple("ping", "10.0.0.1:10000", 7);
const NAME = "10.0.0.2:10000";

const WITH_PACKETS: readonly (readonly [string, Uint8Array])[] = [
  ["a packet", encoded(packet(60))],
  ["a long packet", encoded(packet(1400))],
  ["a packet with its source", encoded(packet(60, "10.0.0.1"))],
  ["a packet with its ends", encoded(packet(60, null, "10.0.0.1"))],
  ["a packet with its protocol", encoded(packet(60, null, "10.0.0.1", 17))],
  ["a packet with all that can be said of it", encoded(packet(60, null, null, null, 63))],
  ["a packet in an overlay", encoded(carried("ron", NAME, packet(1300)))],
  ["a packet in an overlay of ids", encoded(carried("chord", 0x1234n, packet(60)))],
  ["a packet for an address of an overlay", encoded(carried("outer", new Address("ron", NAME, []), packet(60)))],
  ["a packet three overlays deep", encoded(carried("a", NAME, carried("b", 5n, carried("c", NAME, packet(200)))))],
  ["another program's noise", Buffer.from("GET / HTTP/1.1\r\n")],
  ["nothing", new Uint8Array()],
];

const OTHERS: readonly (readonly [string, Uint8Array])[] = [
  ["a probe", encoded(PROBE)],
  ["a probe without arguments", encoded(tuple("hello"))],
  ["a probe with one argument", encoded(tuple("hello", "a"))],
  ["a probe in an overlay", encoded(carried("ron", NAME, PROBE))],
  ["a probe two overlays deep", encoded(carried("a", new Address("ron", NAME, []), carried("b", 5n, PROBE)))],
  [
    "a list",
    encoded(
      tuple("lsa", NAME, [
        [NAME, 0.25],
        [NAME, 1],
      ]),
    ),
  ],
  [
    "a fragment of a tuple that is longer than a datagram",
    datagramsWith(tuple("lsa", "x".repeat(4_000)))[0] ?? new Uint8Array(),
  ],
];

/** Returns how many of the datagrams arrive by the control socket. */
async function steered(there: Datagrams, datagram: Uint8Array): Promise<number> {
  const before = there.offload?.control ?? 0;
  let arrived = 0;
  const here = await openSocket("127.0.0.1:0");
  there.onDatagram(() => arrived++);
  here.send(there.address, datagram);
  await vi.waitFor(() => expect(arrived).toBe(1));
  return (there.offload?.control ?? 0) - before;
}

describe("a socket", () => {
  test.each(WITH_PACKETS)("receives %s by the data socket", async (_, datagram) => {
    expect(await steered(await openSocket("127.0.0.1:0"), datagram)).toBe(0);
  });

  test.each(OTHERS)("receives %s by the control socket", async (_, datagram) => {
    expect(await steered(await openSocket("127.0.0.1:0"), datagram)).toBe(1);
  });

  test("steers IPv6 datagrams, too", async ({ skip }) => {
    skip(needs("IPv6") !== undefined, needs("IPv6"));
    const there = await openSocket("[::1]:0");
    const here = await openSocket("[::1]:0");
    const arrived: number[] = [];
    there.onDatagram(({ bytes }) => arrived.push(bytes.length));
    here.send(there.address, encoded(PROBE));
    await vi.waitFor(() => expect(arrived).toHaveLength(1));
    expect(there.offload).toMatchObject({ steers: true, control: 1 });
  });

  test("delivers probes first, and loses none when packets fill the buffer", async () => {
    const there = await openSocket("127.0.0.1:0", { gro: false });
    const here = await openSocket("127.0.0.1:0");
    const flood = encoded(packet(1400));
    const probe = encoded(PROBE);
    for (let sent = 0; sent < 50_000; sent += 100) {
      for (let at = 0; at < 100; at++) here.send(there.address, flood);
      await Promise.resolve();
    }
    for (let at = 0; at < 20; at++) here.send(there.address, probe);
    await sleep(0.05);
    const kinds: string[] = [];
    there.onDatagram(({ bytes }) => kinds.push(bytes.length > 1000 ? "packet" : "probe"));
    await vi.waitFor(() => expect(there.counters.received).toBeGreaterThan(1_000), TIMEOUT_MS);
    await vi.waitFor(() => expect(kinds.filter((kind) => kind === "probe")).toHaveLength(20), TIMEOUT_MS);
    await sleep(0.5);
    expect(there.counters.received).toBeLessThan(50_000);
    expect(kinds.slice(0, 8)).toEqual(Array.from({ length: 8 }, () => "probe"));
    expect(kinds.filter((kind) => kind === "probe")).toHaveLength(20);
  });

  test("does not share its port", async () => {
    const one = await openSocket("127.0.0.1:0");
    await expect(openSocket(one.address)).rejects.toThrow("in use by another program");
  });
});

describe("a backlog", () => {
  test("is processed in slices of a few milliseconds, with timers between", async () => {
    const there = await openSocket("127.0.0.1:0", { gro: false });
    const here = await openSocket("127.0.0.1:0");
    for (let sent = 0; sent < 64; sent++) here.send(there.address, encoded(packet(100)));
    await sleep(0.05);
    const rests: number[] = [];
    let taken = 0;
    const timer = setInterval(() => rests.push(taken), 1);
    there.onDatagram(() => {
      for (const end = performance.now() + 1; performance.now() < end; );
      taken++;
    });
    await vi.waitFor(() => expect(taken).toBe(64), { timeout: TIMEOUT_MS });
    clearInterval(timer);
    const most = Math.max(...rests.map((count, at) => count - (rests[at - 1] ?? 0)));
    expect(most).toBeLessThanOrEqual(8);
    expect(there.readCycles?.count).toBeGreaterThan(10);
  });
});
