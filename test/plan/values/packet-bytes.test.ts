import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesOfPacket, packetOfBytes } from "../../../runtime/plan/values/packet-bytes.ts";
import { DEPTH_MAX } from "../../../runtime/plan/values/encoding-limits.ts";
import { Packet } from "../../../runtime/plan/values/packet.ts";
import { trainOf } from "../../../runtime/plan/values/train.ts";
import { compare, equal, type Value, type Values } from "../../../runtime/plan/values/value.ts";
import { arbitraryValue } from "../../arbitrary-value.ts";
import { eventSpec } from "../../predicate-spec.ts";

const PAY = eventSpec("pay", 2);

function pay(...args: Values): Packet {
  return Packet.of({ predicate: PAY, args, isDelete: false });
}

function opaque(packet: Packet, hops = 0): Packet {
  const found = packetOfBytes(bytesOfPacket(packet) as Uint8Array) as Packet;
  return Packet.inTransit(found.hash, hops, found.body as Uint8Array);
}

describe("a packet and its bytes", () => {
  test("are the same packet, whether it is decoded or not", () => {
    fc.assert(
      fc.property(fc.array(arbitraryValue(), { minLength: 2, maxLength: 2 }), (args) => {
        const packet = pay(...args);
        const bytes = bytesOfPacket(packet);
        fc.pre(bytes !== undefined);
        const back = packetOfBytes(bytes) as Packet;
        expect(equal(back, packet)).toBe(true);
        expect(compare(back, packet)).toBe(0);
        expect(bytesOfPacket(back)).toEqual(bytes);
      }),
    );
  });

  test("are equal for packets that were forwarded, also inside others", () => {
    const inner = pay(1, "a");
    const forwarded = opaque(inner, 3);
    expect(equal(forwarded, inner)).toBe(true);
    expect(equal(pay(2, forwarded), pay(2, inner))).toBe(true);
    expect(equal(opaque(pay(2, forwarded), 7), opaque(pay(2, inner)))).toBe(true);
    expect(bytesOfPacket(forwarded)).toEqual(bytesOfPacket(inner));
  });

  test("are equal for packets that were forwarded, in as many lists as a packet may lie in", () => {
    const nested = (hops: number): Value => {
      let value: Value = opaque(pay(1, "a"), hops);
      for (let depth = 0; depth < DEPTH_MAX; depth++) value = [value];
      return value;
    };
    const [one, other] = [pay(1, nested(3)), pay(1, nested(7))];
    expect(bytesOfPacket(one)).toBeDefined();
    expect(equal(one, other)).toBe(true);
    expect(equal(opaque(one), other)).toBe(true);
    expect(equal(pay(2, one), opaque(pay(2, opaque(other, 5))))).toBe(true);
  });

  test("are compared in a time that does not grow with the nesting of their lists", () => {
    const nestedPacket = (lists: number): Packet => {
      let nested: Value = [opaque(pay(1, "a"), 3), ...Array.from({ length: 100_000 }, () => null)];
      for (let depth = 1; depth < lists; depth++) nested = [nested];
      return opaque(pay(1, nested));
    };
    const [deep, flat] = [nestedPacket(DEPTH_MAX), nestedPacket(1)];
    const timeOf = (packet: Packet, hops: number): number => {
      const copy = opaque(packet, hops);
      const start = performance.now();
      expect(copy.key.length).toBeGreaterThan(100_000);
      return performance.now() - start;
    };
    const times = Array.from({ length: 10 }, (_, round) => [timeOf(deep, round + 1), timeOf(flat, round + 1)] as const);
    const shortest = (side: 0 | 1): number => Math.min(...times.map((both) => both[side]));
    expect(shortest(0)).toBeLessThan(3 * shortest(1));
  });

  test("differ where the arguments or the predicates differ", () => {
    expect(equal(opaque(pay(1, "a")), pay(1, "b"))).toBe(false);
    expect(equal(pay(1, "a"), Packet.of({ predicate: eventSpec("buy", 2), args: [1, "a"], isDelete: false }))).toBe(
      false,
    );
  });

  test("of a train are a train", () => {
    const train = pay(1, trainOf([Uint8Array.of(1, 2), Uint8Array.of(3)]));
    const bytes = bytesOfPacket(train) as Uint8Array;
    const singles = [Uint8Array.of(1, 2), Uint8Array.of(3)].map((one) => bytesOfPacket(pay(1, one)) as Uint8Array);
    expect(equal(bytes, trainOf(singles))).toBe(true);
    expect(equal(packetOfBytes(bytes) as Value, train)).toBe(true);
  });

  test("are refused when they are anything else, whatever they are", () => {
    const valid = bytesOfPacket(pay(1, ["a", pay(2, null)])) as Uint8Array;
    fc.assert(
      fc.property(fc.nat(valid.length - 1), fc.nat(255), fc.nat(valid.length), (at, byte, length) => {
        const mutated = Uint8Array.from(valid);
        mutated[at] = byte;
        const packet = packetOfBytes(mutated.subarray(0, length));
        const again = packet && packetOfBytes(bytesOfPacket(packet) as Uint8Array);
        expect(packet === undefined || equal(again as Value, packet)).toBe(true);
      }),
      { numRuns: 10_000 },
    );
  });
});
