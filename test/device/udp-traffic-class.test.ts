import { beforeEach, describe, expect, test, vi } from "vitest";
import { segmentsOf, type Train, trainOf } from "../../runtime/plan/values/train.ts";
import type { UdpOptions } from "../../runtime/device/udp.ts";
import { parseHostPort } from "../../runtime/plan/values/host-port.ts";
import type { Datagrams } from "../../runtime/world/world.ts";
import { needs } from "../needs.ts";
import { bytesOf, openSocket } from "./open-socket.ts";

/** Pairs of addresses: IPv4, IPv6, and IPv4 from and to sockets of IPv6. */
const PLACES = [
  ["127.0.0.1:0", "127.0.0.1:0", "127.0.0.1"],
  ["[::1]:0", "[::1]:0", "[::1]"],
  ["[::]:0", "127.0.0.1:0", "127.0.0.1"],
  ["127.0.0.1:0", "[::]:0", "127.0.0.1"],
  ["[::]:0", "[::]:0", "127.0.0.1"],
] as const;

const NO_BYTES = new Uint8Array(0);

/** A datagram on the loopback interface arrives within a millisecond, and hundreds are sent one after the other. */
const WAIT = { interval: 2 };

beforeEach(({ skip }) => {
  const reason = needs("addon", "IPv6");
  skip(reason !== undefined, reason);
});

/** Number of datagrams and traffic class of each arrival. */
type Arrival = readonly [count: number, trafficClass: number | undefined];

function arrivals(socket: Datagrams): readonly Arrival[] {
  const seen: Arrival[] = [];
  socket.onDatagram(({ bytes, trafficClass }) => seen.push([segmentsOf(bytes).length, trafficClass]));
  return seen;
}

/** Opens a sender and a receiver. Returns them with the address of the receiver, as the sender reaches it. */
async function pair(
  [from, to, host]: readonly [string, string, string],
  options: UdpOptions = {},
): Promise<{ readonly here: Datagrams; readonly seen: readonly Arrival[]; readonly there: string }> {
  const here = await openSocket(from, { trains: true, ...options });
  const there = await openSocket(to, { trains: true });
  const parsed = parseHostPort(there.address);
  if (!parsed.ok) throw new Error(parsed.message);
  return { here, seen: arrivals(there), there: `${host}:${parsed.at.port}` };
}

describe("a datagram", () => {
  test.each(PLACES)("from %s to %s at %s has the ECN field that it is sent with", async (...place) => {
    const { here, seen, there } = await pair(place);
    for (const ecn of [0, 1, 2, 3]) {
      here.send(there, bytesOf("x".repeat(ecn + 1)), 0xb8 | ecn);
      await vi.waitFor(() => expect(seen).toHaveLength(ecn + 1), WAIT);
    }
    expect(seen.map(([, trafficClass]) => trafficClass)).toEqual([0, 1, 2, 3]);
  });

  test.each([
    ["copy", [0, 0xb9, 0x2e, 3]],
    [46, [0xb8, 0xb9, 0xba, 0xbb]],
    [0, [0, 1, 2, 3]],
  ] as const)("has the DSCP that --dscp %s asks for", async (dscp, expected) => {
    for (const place of PLACES) {
      const { here, seen, there } = await pair(place, { dscp });
      for (const [at, trafficClass] of [0, 0xb9, 0x2e, 3].entries()) {
        here.send(there, bytesOf("x"), trafficClass);
        await vi.waitFor(() => expect(seen).toHaveLength(at + 1), WAIT);
      }
      expect(seen.map(([, trafficClass]) => trafficClass)).toEqual(expected);
    }
  });

  test("that waits for the address of a name keeps it", async () => {
    const resolve = async (): Promise<{ address: string; family: number }[]> => [{ address: "127.0.0.1", family: 4 }];
    const { here, seen, there } = await pair(["127.0.0.1:0", "127.0.0.1:0", "host.example"], { resolve });
    here.send(there, bytesOf("x"), 2);
    await vi.waitFor(() => expect(seen).toEqual([[1, 2]]), WAIT);
  });
});

describe("datagrams of different classes", () => {
  test.each([
    ["with all offloads", {}],
    ["without GSO", { gso: false }],
    ["without GRO", { gro: false }],
    ["one by one", { gso: false, gro: false }],
  ] as const)("are never in one train, %s", async (_, offloads) => {
    for (const place of PLACES) {
      const { here, seen, there } = await pair(place, offloads);
      const classes = [2, 2, 2, 3, 2, 2, 0, 0, 1, 1, 1, 1];
      for (const trafficClass of classes) here.send(there, bytesOf("same length"), trafficClass);
      await vi.waitFor(() => expect(seen.reduce((sum, [count]) => sum + count, 0)).toBe(classes.length), WAIT);
      expect(seen.flatMap(([count, trafficClass]) => Array.from({ length: count }, () => trafficClass))).toEqual(
        classes,
      );
    }
  });

  test.each([{}, { gso: false }])("keep them in trains that follow one another, with %j", async (options) => {
    for (const place of PLACES) {
      const { here, seen, there } = await pair(place, options);
      const train = trainOf(Array.from({ length: 20 }, () => new Uint8Array(1000))) as Train;
      const around = { head: NO_BYTES, tail: NO_BYTES, lastHead: NO_BYTES, lastTail: NO_BYTES };
      for (const trafficClass of [2, 3, 1]) here.sendTrain?.(there, { train, ...around }, trafficClass);
      await vi.waitFor(() => expect(seen.reduce((sum, [count]) => sum + count, 0)).toBe(60), WAIT);
      const counts = new Map<number | undefined, number>();
      for (const [count, trafficClass] of seen) counts.set(trafficClass, (counts.get(trafficClass) ?? 0) + count);
      expect(counts).toEqual(
        new Map([
          [2, 20],
          [3, 20],
          [1, 20],
        ]),
      );
      expect(seen.some(([count]) => count > 1)).toBe(true);
    }
  });
});
