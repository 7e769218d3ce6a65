import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatIp } from "../../runtime/plan/values/ip-address.ts";
import {
  destinationText,
  type HeaderChanges,
  readHeader,
  rewriteHeader,
  sourceText,
} from "../../runtime/ip/ip-packet.ts";
import { type Parts, packetOf } from "./ip-oracle.ts";

const TCP = 6;
const UDP = 17;
const ICMPV6 = 58;

/** An echo request from 100.64.0.1 to 100.64.0.2, as `ping` sends it. */
const PING = hex("4500 001c 1234 4000 4001 602a 6440 0001 6440 0002 0800 f7fd 0001 0001");

describe("the header of a packet", () => {
  test("an IPv4 packet", () => {
    expect(describePacket(PING)).toBe("IPv4 100.64.0.1 > 100.64.0.2, protocol 1 at 20 of 28, ttl 64");
  });

  test("an IPv4 packet with options, in a longer buffer", () => {
    const packet = hex("4600 0019 0000 0000 0711 0000 0a00 0001 0a00 0002 9404 0000 ff ffff");
    expect(describePacket(packet)).toBe("IPv4 10.0.0.1 > 10.0.0.2, protocol 17 at 24 of 25, ttl 7");
  });

  test("an IPv4 packet that is a later fragment", () => {
    const packet = hex("4500 0014 0000 0001 4006 0000 0a00 0001 0a00 0002");
    expect(describePacket(packet)).toBe("IPv4 10.0.0.1 > 10.0.0.2, protocol 6 at 20 of 20, ttl 64, later fragment");
  });

  test("an IPv4 packet with a source route", () => {
    const packet = hex("4700 001c 0000 0000 4006 0000 0a00 0001 0a00 0002 8307 04 0a000009 00");
    expect(describePacket(packet)).toBe("IPv4 10.0.0.1 > 10.0.0.2, protocol 6 at 28 of 28, ttl 64, routed");
  });

  test("an IPv6 packet", () => {
    expect(describePacket(ipv6(UDP, "0000 0000 0008 0000"))).toBe(
      "IPv6 fd00::1 > fd00::2, protocol 17 at 40 of 48, ttl 64",
    );
  });

  test("an IPv6 packet with extension headers", () => {
    const hopByHop = "3c00 0502 0000 0100";
    const options = "3300 0104 0000 0000";
    const authentication = "0602 0000 0000 0000 0000 0000 0000 0000";
    expect(describePacket(ipv6(0, hopByHop + options + authentication + "aa"))).toBe(
      "IPv6 fd00::1 > fd00::2, protocol 6 at 72 of 73, ttl 64",
    );
  });

  test("IPv6 fragments: only the first has the upper-layer header", () => {
    expect(describePacket(ipv6(44, "1100 0001 0000 0001 aaaa"))).toBe(
      "IPv6 fd00::1 > fd00::2, protocol 17 at 48 of 50, ttl 64",
    );
    expect(describePacket(ipv6(44, "0000 0008 0000 0001 aaaa"))).toBe(
      "IPv6 fd00::1 > fd00::2, protocol 0 at 48 of 50, ttl 64, later fragment",
    );
  });

  test.each([
    ["nothing at all", ""],
    ["another version", "5500 0014 0000 0000 4006 0000 0a00 0001 0a00 0002"],
    ["less than the fixed IPv4 header", "4500 0013 0000 0000 4006 0000 0a00 0001 0a00 00"],
    ["an IPv4 header of less than five words", "4400 0014 0000 0000 4006 0000 0a00 0001 0a00 0002"],
    ["IPv4 options that are not there", "4600 0014 0000 0000 4006 0000 0a00 0001 0a00 0002"],
    ["a total length beyond the buffer", "4500 0015 0000 0000 4006 0000 0a00 0001 0a00 0002"],
    ["a total length within the header", "4500 0010 0000 0000 4006 0000 0a00 0001 0a00 0002"],
    ["an IPv6 payload beyond the buffer", toHex(ipv6(UDP, "0000 0000").subarray(0, 42))],
    ["an extension header that is cut off", toHex(ipv6(0, "1100 0502"))],
    ["an extension header that is longer than the packet", toHex(ipv6(0, "11ff 0502 0000 0100"))],
    ["an IPv6 jumbogram", toHex(ipv6(0, ""))],
    ["an endless chain of extension headers", toHex(ipv6(60, "3c00 0104 0000 0000".repeat(40)))],
  ])("%s is no packet", (_, text) => {
    expect(readHeader(hex(text))).toBeUndefined();
  });
});

describe("rewriting a header", () => {
  test("a packet with another destination and a lower TTL", () => {
    const rewritten = rewriteHeader(PING, { destination: "100.64.0.9", ttl: 63 });
    expect(rewritten).toEqual(hex("4500 001c 1234 4000 3f01 6123 6440 0001 6440 0009 0800 f7fd 0001 0001"));
  });

  test("the original stays unchanged, and the copy has the length of the packet", () => {
    const buffer = Buffer.alloc(64);
    buffer.set(PING);
    const rewritten = rewriteHeader(buffer, { ttl: 1 });
    expect(rewritten).toHaveLength(PING.length);
    expect(toHex(buffer.subarray(0, PING.length))).toBe(toHex(PING));
  });

  test("every updated checksum equals one computed anew", () => {
    fc.assert(
      fc.property(parts(), word(16), word(16), fc.nat(255), (before, from, to, ttl) => {
        const { source, destination } = fit({ version: before.version, source: from, destination: to });
        const changes = { source: formatIp(source), destination: formatIp(destination), ttl };
        const expected = packetOf({ ...before, source, destination, ttl });
        expect(toHex(rewriteHeader(packetOf(before), changes))).toBe(toHex(expected));
      }),
      { numRuns: 2000 },
    );
  });

  test("a wrong checksum stays wrong", () => {
    fc.assert(
      fc.property(parts([TCP]), fc.integer({ min: 1, max: 0xff }), (before, flip) => {
        const broken = packetOf(before);
        const at = broken.length - before.payload.length + 16;
        broken[at] = (broken[at] ?? 0) ^ flip;
        const source = before.version === 4 ? "1.2.3.4" : "1:2::3";
        const moved = rewriteHeader(broken, { source });
        const right = rewriteHeader(packetOf(before), { source });
        expect(moved?.subarray(at, at + 2)).not.toEqual(right?.subarray(at, at + 2));
      }),
    );
  });

  test("a UDP datagram without checksum has none afterwards", () => {
    const packet = hex("4500 001c 0000 0000 4011 0000 0a00 0001 0a00 0002 0035 0035 0008 0000");
    expect(toHex(rewriteHeader(packet, { source: "10.0.0.7" })).slice(-4)).toBe("0000");
  });

  test("changing the protocol and back gives the same packet, even if addresses change in between", () => {
    fc.assert(
      fc.property(parts([TCP]), (before) => {
        const [there, home] = before.version === 4 ? ["9.9.9.9", "8.8.8.8"] : ["9::9", "8::8"];
        const marked = rewriteHeader(packetOf(before), { protocol: 253, destination: there });
        const back = marked && rewriteHeader(marked, { protocol: TCP, destination: home });
        const expected = rewriteHeader(packetOf(before), { destination: home });
        expect(toHex(back)).toBe(toHex(expected));
      }),
    );
  });

  test("only the header of a later fragment changes", () => {
    const packet = hex("4500 0018 0000 0001 4006 0000 0a00 0001 0a00 0002 aabb ccdd");
    expect(toHex(rewriteHeader(packet, { source: "10.9.9.9" })).slice(-8)).toBe("aabbccdd");
  });

  test.each<[string, Uint8Array, HeaderChanges]>([
    ["an address of the other version", PING, { source: "fd00::1" }],
    ["an address that is none", PING, { destination: "example.org" }],
    ["a ttl beyond its byte", PING, { ttl: 256 }],
    ["a protocol that is no whole number", PING, { protocol: 1.5 }],
    ["a malformed packet", PING.subarray(0, 20), { ttl: 1 }],
    ["one checksummed protocol for another", ipv6(UDP, "0000 0000 0008 0000"), { protocol: TCP }],
    ["an address, when the checksum is cut off", ipv6(TCP, "0000"), { source: "fd00::9" }],
    [
      "the destination of a source route",
      hex("4700 001c 0000 0000 4001 0000 0a00 0001 0a00 0002 8307 04 0a000009 00"),
      { destination: "10.0.0.9" },
    ],
    [
      "the destination of an unfinished IPv6 route",
      ipv6(43, `3b02 0401 0000 0000 ${"00".repeat(16)}`),
      { destination: "fd00::9" },
    ],
  ])("refuses %s", (_, packet, changes) => {
    expect(rewriteHeader(packet, changes)).toBeUndefined();
  });
});

test("100,000 random and mutated packets are read, rewritten or refused", { timeout: 60_000 }, () => {
  const packet = fc.oneof(fc.uint8Array({ maxLength: 100 }), mutated());
  const changes = fc.constantFrom<HeaderChanges>(
    { ttl: 3 },
    { source: "1.2.3.4" },
    { destination: "::1", protocol: 17 },
  );
  const property = fc.property(packet, changes, (bytes, change) => isSound(bytes) && staysSound(bytes, change));
  expect(() => fc.assert(property, { numRuns: 100_000 })).not.toThrow();
});

/** Checks that all positions in the header lie within the packet. */
function isSound(packet: Uint8Array): boolean {
  const header = readHeader(packet);
  if (header === undefined) return true;
  const texts = [sourceText(packet, header), destinationText(packet, header)];
  return texts.every((text) => text !== "") && header.payloadAt <= header.length && header.length <= packet.length;
}

function staysSound(packet: Uint8Array, changes: HeaderChanges): boolean {
  const rewritten = rewriteHeader(packet, changes);
  if (rewritten === undefined) return true;
  return readHeader(packet)?.length === rewritten.length && isSound(rewritten);
}

function describePacket(packet: Uint8Array): string {
  const header = readHeader(packet);
  if (header === undefined) return "no packet";
  const { version, protocol, payloadAt, length, ttl, isLaterFragment: laterFragment, isSourceRouted: routed } = header;
  const addresses = `${sourceText(packet, header)} > ${destinationText(packet, header)}`;
  const more = `${laterFragment ? ", later fragment" : ""}${routed ? ", routed" : ""}`;
  return `IPv${version} ${addresses}, protocol ${protocol} at ${payloadAt} of ${length}, ttl ${ttl}${more}`;
}

/** Returns a packet from fd00::1 to fd00::2. */
function ipv6(next: number, payload: string): Uint8Array {
  const bytes = hex(payload);
  const length = bytes.length.toString(16).padStart(4, "0");
  const addresses = `fd${"00".repeat(14)}01 fd${"00".repeat(14)}02`;
  return hex(`6000 0000 ${length} ${next.toString(16).padStart(2, "0")} 40 ${addresses} ${toHex(bytes)}`);
}

function parts(protocols: readonly number[] = [TCP, UDP, ICMPV6, 1, 47]): fc.Arbitrary<Parts> {
  return fc
    .record({
      version: fc.constantFrom<4 | 6>(4, 6),
      protocol: fc.constantFrom(...protocols),
      ttl: fc.nat(255),
      source: word(16),
      destination: word(16),
      between: fc.constantFrom(0, 8, 16),
      payload: fc.oneof(word(18), fc.uint8Array({ minLength: 18, maxLength: 60 })),
    })
    .map((parts) => ({ ...parts, ...fit(parts), between: filling(parts.version, parts.between, parts.protocol) }));
}

/** Few distinct bytes, including 00 and ff, so that sums that wrap or are 0 occur. */
function word(length: number): fc.Arbitrary<Uint8Array> {
  return fc
    .array(fc.oneof(fc.constantFrom(0, 0xff), fc.nat(255)), { minLength: length, maxLength: length })
    .map((bytes) => Uint8Array.from(bytes));
}

function fit(parts: Pick<Parts, "version" | "source" | "destination">): Pick<Parts, "source" | "destination"> {
  const length = parts.version === 4 ? 4 : 16;
  return { source: parts.source.slice(0, length), destination: parts.destination.slice(0, length) };
}

/** IPv4: no-operation options. IPv6: one header of destination options. */
function filling(version: 4 | 6, length: number, protocol: number): Uint8Array {
  if (version === 4) return new Uint8Array(length).fill(1);
  const options = new Uint8Array(length);
  if (length > 0) options.set([protocol, length / 8 - 1, 1, length - 4]);
  return options;
}

function mutated(): fc.Arbitrary<Uint8Array> {
  return fc
    .tuple(parts(), fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 4 }), fc.nat(120))
    .map(([parts, flips, length]) => {
      const packet = packetOf(parts).slice(0, length);
      for (const [at, value] of flips) if (at < packet.length) packet[at] = value;
      return packet;
    });
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(" ", ""), "hex"));
}

function toHex(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? "nothing" : Buffer.from(bytes).toString("hex");
}
