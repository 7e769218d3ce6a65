import { describe, expect, test } from "vitest";
import { isTcpSyn, clampMss } from "../../runtime/path/mss-clamp.ts";
import { packetOf, type Parts } from "../ip/ip-oracle.ts";

const SYN = 0x02;
const ACK = 0x10;

const HOSTS = {
  4: { version: 4, source: Uint8Array.of(10, 0, 0, 1), destination: Uint8Array.of(10, 0, 0, 2) },
  6: { version: 6, source: new Uint8Array(16).fill(0xfd), destination: new Uint8Array(16).fill(0xfc) },
} as const;

function tcp(version: 4 | 6, flags: number, options: readonly number[]): Uint8Array {
  const padded = [...options, ...Array.from({ length: (4 - (options.length % 4)) % 4 }, () => 0)];
  const header = [4, 210, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, ((20 + padded.length) / 4) << 4, flags, 255, 255, 0, 0, 0, 0];
  const parts: Parts = {
    ...HOSTS[version],
    protocol: 6,
    ttl: 64,
    between: new Uint8Array(0),
    payload: Uint8Array.from([...header, ...padded]),
  };
  return packetOf(parts);
}

const size = (segment: number): readonly number[] => [2, 4, segment >> 8, segment & 255];

describe.each([4, 6] as const)("a TCP connection over IPv%d", (version) => {
  const headers = version === 4 ? 40 : 60;

  test.each([
    ["first", []],
    ["at an odd place", [1]],
    ["behind others", [1, 1, 4, 2, 3, 3, 7]],
  ])("that begins is told what fits, the segment size %s", (_, before) => {
    for (const flags of [SYN, SYN | ACK]) {
      const packet = tcp(version, flags, [...before, ...size(1460), 1, 1]);
      const kept = packet.slice();
      expect(isTcpSyn(packet)).toBe(true);
      expect(clampMss(packet, 1300)).toEqual(tcp(version, flags, [...before, ...size(1300 - headers), 1, 1]));
      expect(packet).toEqual(kept);
    }
  });

  test("with a smaller MSS is unchanged", () => {
    const packet = tcp(version, SYN, size(1000));
    expect(clampMss(packet, 1300)).toBe(packet);
  });

  test("is never clamped below the default MSS", () => {
    expect(clampMss(tcp(version, SYN, size(1460)), 300)).toEqual(tcp(version, SYN, size(536)));
  });

  test("that is established is unchanged", () => {
    expect(isTcpSyn(tcp(version, ACK, size(1460)))).toBe(false);
    const packet = tcp(version, ACK, size(1460));
    expect(clampMss(packet, 1300)).toBe(packet);
  });

  test.each([
    ["without options", []],
    ["without a segment size", [1, 1, 1, 1]],
    ["whose list ends before it", [0, ...size(1460)]],
    ["of another length", [2, 3, 5, 1]],
    ["whose option has no length", [3, 0, 0, 0]],
    ["whose option is longer than the header", [3, 40, 0, 0]],
    ["whose option is cut off", [1, 1, 1, 2]],
  ])("that begins %s is let alone", (_, options) => {
    const packet = tcp(version, SYN, options);
    expect(clampMss(packet, 1300)).toBe(packet);
  });

  test("truncated at any byte is unchanged", () => {
    const packet = tcp(version, SYN, size(1460));
    for (let length = 1; length < packet.length; length++) {
      const part = packet.slice(0, length);
      isTcpSyn(part);
      expect(clampMss(part, 1300)).toBe(part);
    }
  });
});

test("a later fragment is unchanged, even if its bytes look like a SYN", () => {
  const packet = tcp(4, SYN, size(1460));
  packet[7] = 1;
  expect(clampMss(packet, 1300)).toBe(packet);
});
