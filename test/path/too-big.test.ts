import { describe, expect, test } from "vitest";
import { TooBig } from "../../runtime/path/too-big.ts";
import { tooBigMessage } from "../../runtime/path/too-big-message.ts";
import { readHeader } from "../../runtime/ip/ip-packet.ts";
import { DeviceRoutes } from "../../runtime/ip/device-routes.ts";
import type { Device } from "../../runtime/world/world.ts";
import { packetOf, type Parts } from "../ip/ip-oracle.ts";
import { ManualClock } from "../session/manual-world.ts";

const IPV4: Parts = {
  version: 4,
  protocol: 6,
  ttl: 64,
  source: Uint8Array.of(100, 64, 0, 1),
  destination: Uint8Array.of(100, 64, 0, 2),
  between: new Uint8Array(0),
  payload: Uint8Array.from({ length: 1400 }, (_, at) => at & 255),
};
const IPV6: Parts = {
  ...IPV4,
  version: 6,
  source: Uint8Array.from({ length: 16 }, (_, at) => (at === 0 ? 0xfd : at === 15 ? 1 : 0)),
  destination: Uint8Array.from({ length: 16 }, (_, at) => (at === 0 ? 0xfd : at === 15 ? 2 : 0)),
};

describe.each([IPV4, IPV6])("for an IPv$version packet that is too big", (parts) => {
  const packet = packetOf(parts);
  const message = tooBigMessage(packet, headerOf(packet), 1300);

  test("the sender gets a message from the destination address, with a correct checksum", () => {
    const header = headerOf(message);
    const body = message.slice(header.payloadAt);
    const same = packetOf({
      ...parts,
      protocol: parts.version === 4 ? 1 : 58,
      source: parts.destination,
      destination: parts.source,
      payload: body,
    });
    expect(header.length).toBe(message.length);
    expect(message.slice(header.payloadAt)).toEqual(same.slice(header.payloadAt));
    expect(sumOf(parts.version === 4 ? body : [...pseudo(parts, body.length), ...body])).toBe(0xffff);
  });

  test("the message gives the MTU and quotes the packet", () => {
    const body = message.slice(headerOf(message).payloadAt);
    expect(body.slice(0, 2)).toEqual(Uint8Array.from(parts.version === 4 ? [3, 4] : [2, 0]));
    expect((body[6] as number) * 256 + (body[7] as number)).toBe(1300);
    expect(body.slice(8)).toEqual(packet.slice(0, body.length - 8));
    expect(message.length).toBe(parts.version === 4 ? 576 : 1280);
  });
});

describe("a sender", () => {
  test("is notified ten times a second, and others in between", () => {
    const { tooBig, clock, written } = device();
    for (let hundredth = 0; hundredth < 100; hundredth++) {
      tooBig.notify(packetOf(IPV4), 1300);
      tooBig.notify(packetOf(IPV6), 1300);
      clock.advance(0.01);
    }
    expect(written.length).toBeGreaterThanOrEqual(18);
    expect(written.length).toBeLessThanOrEqual(22);
  });

  test("is not notified of an MTU below the minimum", () => {
    const { tooBig, written } = device();
    expect(tooBig.notify(packetOf(IPV6), 1200)).toBe(true);
    expect((written[0] as Uint8Array).slice(44, 48)).toEqual(Uint8Array.of(0, 0, 1280 >> 8, 1280 & 255));
    expect(tooBig.notify(packetOf({ ...IPV6, payload: new Uint8Array(1240) }), 1200)).toBe(false);
    expect(tooBig.notify(packetOf(IPV4), 500)).toBe(false);
  });

  test.each([
    ["lets its packets be cut", { ...IPV4, ttl: 63 }, (packet: Uint8Array) => packet.fill(0, 6, 8)],
    ["sends to many", { ...IPV4, destination: Uint8Array.of(224, 0, 0, 1) }],
    ["is nobody", { ...IPV4, source: Uint8Array.of(0, 0, 0, 0) }],
    ["sends an error", { ...IPV4, protocol: 1, payload: new Uint8Array(1400).fill(3) }],
    ["sends to many by IPv6", { ...IPV6, destination: new Uint8Array(16).fill(0xff) }],
    ["sends an error by IPv6", { ...IPV6, protocol: 58, payload: new Uint8Array(1400).fill(2) }],
  ])("is not told that %s", (_, parts: Parts, change: (packet: Uint8Array) => unknown = () => {}) => {
    const { tooBig, written } = device();
    const packet = packetOf(parts);
    change(packet);
    expect(tooBig.notify(packet, 1300)).toBe(false);
    expect(written).toEqual([]);
  });

  test("is not notified if there are too many senders", () => {
    const { tooBig, written } = device();
    for (let count = 0; count < 5_000; count++) {
      tooBig.notify(packetOf({ ...IPV4, source: Uint8Array.of(10, 0, count >> 8, count & 255) }), 1300);
    }
    expect(written).toHaveLength(1024);
  });

  test("is not notified without a device", () => {
    expect(new TooBig(new DeviceRoutes([]), new ManualClock()).notify(packetOf(IPV4), 1300)).toBe(false);
  });
});

function device(): { readonly tooBig: TooBig; readonly clock: ManualClock; readonly written: Uint8Array[] } {
  const written: Uint8Array[] = [];
  const clock = new ManualClock();
  const tun = { write: (packet: Uint8Array) => written.push(packet) } as unknown as Device;
  return { tooBig: new TooBig(new DeviceRoutes([tun]), clock), clock, written };
}

function headerOf(packet: Uint8Array): NonNullable<ReturnType<typeof readHeader>> {
  const header = readHeader(packet);
  if (header === undefined) throw new Error("no packet");
  return header;
}

function pseudo({ source, destination }: Parts, length: number): readonly number[] {
  return [...destination, ...source, 0, 0, length >> 8, length & 255, 0, 0, 0, 58];
}

function sumOf(bytes: ArrayLike<number>): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at++) sum += at % 2 === 0 ? (bytes[at] as number) * 256 : (bytes[at] as number);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}
