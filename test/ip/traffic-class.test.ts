import { describe, expect, test } from "vitest";
import {
  CE,
  combineEcn,
  ECT_0,
  ECT_1,
  leavesPackets,
  NOT_ECT,
  trafficClassAt,
} from "../../runtime/ip/traffic-class.ts";
import { type Parts, packetOf } from "./ip-oracle.ts";

const NAMES = ["Not-ECT", "ECT(1)", "ECT(0)", "CE"] as const;
const DSCP = 46;

/** The table of RFC 6040, section 4.2: the ECN field of the packet after it has left the tunnel. */
const TABLE: readonly (readonly [inner: number, outer: number, result: number | "drop"])[] = [
  [NOT_ECT, NOT_ECT, NOT_ECT],
  [NOT_ECT, ECT_0, NOT_ECT],
  [NOT_ECT, ECT_1, NOT_ECT],
  [NOT_ECT, CE, "drop"],
  [ECT_0, NOT_ECT, ECT_0],
  [ECT_0, ECT_0, ECT_0],
  [ECT_0, ECT_1, ECT_1],
  [ECT_0, CE, CE],
  [ECT_1, NOT_ECT, ECT_1],
  [ECT_1, ECT_0, ECT_1],
  [ECT_1, ECT_1, ECT_1],
  [ECT_1, CE, CE],
  [CE, NOT_ECT, CE],
  [CE, ECT_0, CE],
  [CE, ECT_1, CE],
  [CE, CE, CE],
];

const CASES = ([4, 6] as const).flatMap((version) =>
  TABLE.map(([inner, outer, result]) => ({
    version,
    inner,
    outer,
    result,
    name: `${NAMES[inner]} in ${NAMES[outer]} is ${result === "drop" ? "dropped" : NAMES[result]}`,
  })),
);

describe("at the end of a tunnel", () => {
  test.each(CASES)("an IPv$version packet of $name", ({ version, inner, outer, result }) => {
    const packet = marked(version, (DSCP << 2) | inner);
    const before = packet.slice();
    expect(combineEcn(packet, 0, packet.length, outer)).toBe(result !== "drop");
    const after = result === "drop" ? before : marked(version, (DSCP << 2) | result);
    expect(packet).toEqual(after);
    expect(leavesPackets(outer) && !packet.every((byte, at) => byte === before[at])).toBe(false);
    combineEcn(packet, 0, packet.length, outer);
    expect(packet).toEqual(after);
  });

  test.each([0, 1, 19])("%d bytes of an IPv4 packet stay as they are", (length) => {
    const packet = marked(4, ECT_0).subarray(0, length);
    const before = packet.slice();
    expect(combineEcn(packet, 0, length, CE)).toBe(true);
    expect(packet).toEqual(before);
  });

  test("bytes of no IP version stay as they are", () => {
    const bytes = new Uint8Array(60).fill(0x22);
    expect(combineEcn(bytes, 0, 60, CE)).toBe(true);
    expect(bytes).toEqual(new Uint8Array(60).fill(0x22));
  });

  test("the checksum of every IPv4 header stays right", () => {
    for (let identification = 0; identification < 0x10000; identification += 7) {
      const packet = marked(4, ECT_0, identification);
      combineEcn(packet, 0, packet.length, CE);
      expect(sumOf(packet)).toBe(0xffff);
    }
  });
});

test("a traffic class is read at any offset; of no IP packet it is 0", () => {
  const bytes = Buffer.concat([Uint8Array.of(9, 9, 9), marked(6, 0xb9), marked(4, 0x2e)]);
  expect([3, 3 + 48, bytes.length, 0].map((at) => trafficClassAt(bytes, at))).toEqual([0xb9, 0x2e, 0, 0]);
});

/** Returns a packet with a traffic class and right checksums. */
function marked(version: 4 | 6, trafficClass: number, identification: number = 7): Uint8Array {
  const host = new Uint8Array(version === 4 ? 4 : 16).fill(10);
  const parts: Parts = {
    version,
    protocol: 17,
    ttl: 64,
    source: host,
    destination: host,
    between: new Uint8Array(0),
    payload: new Uint8Array(8),
  };
  const packet = packetOf(parts);
  if (version === 6) {
    packet.set([0x60 | (trafficClass >> 4), (trafficClass & 15) << 4]);
    return packet;
  }
  packet.set([trafficClass], 1);
  packet.set([identification >> 8, identification & 0xff], 4);
  packet.set([0, 0], 10);
  const sum = 0xffff - sumOf(packet);
  packet.set([sum >> 8, sum & 0xff], 10);
  return packet;
}

/** Returns the sum of the words of an IPv4 header without options. */
function sumOf(packet: Uint8Array): number {
  const view = new DataView(packet.buffer, packet.byteOffset, 20);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}
