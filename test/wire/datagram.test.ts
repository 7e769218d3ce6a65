import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Tuple } from "../../runtime/plan/values/packet.ts";
import { compareValues, type Values } from "../../runtime/plan/values/value.ts";
import { DatagramBuilder } from "../../runtime/wire/datagram-builder.ts";
import { decodeFields } from "../../runtime/plan/values/decode-fields.ts";
import { decodeDatagram } from "../../runtime/wire/decode.ts";
import { encodeTuple } from "../../runtime/plan/values/encode.ts";
import { MESSAGE_MAX } from "../../runtime/plan/values/encoding-limits.ts";
import { Reassembly } from "../../runtime/wire/reassembly.ts";
import { Writer } from "../../runtime/plan/values/writer.ts";
import { arbitraryRow } from "../arbitrary-value.ts";
import { eventSpec, tableSpec } from "../predicate-spec.ts";

function event(...args: Values): Tuple {
  return { predicate: eventSpec("p", args.length), args, isDelete: false };
}

/** Returns an event whose tuple takes exactly `size` bytes. */
function eventOfSize(size: number): Tuple {
  const writer = new Writer();
  encodeTuple(writer, 1, ["x".repeat(size)]);
  return event("x".repeat(2 * size - writer.length));
}

/** Decodes the tuples of the datagrams, in order. */
function received(datagrams: readonly Uint8Array[], arities: readonly number[]): readonly Values[] {
  const reassembly = new Reassembly();
  const rows: Values[] = [];
  for (const bytes of datagrams) {
    const whole = reassembly.assemble(bytes, "a", 0);
    if (!(whole instanceof Uint8Array)) continue;
    const decoded = decodeDatagram(whole);
    if (!decoded.ok) throw new Error(decoded.reason);
    for (const { start, end } of decoded.tuples) {
      rows.push(decodeFields(whole, start, end, arities[rows.length] ?? -1) ?? []);
    }
  }
  return rows;
}

describe("a builder packs tuples", () => {
  test("until a datagram is full, to the byte", () => {
    const builder = new DatagramBuilder(104);
    for (const size of [50, 50, 51, 50, 100, 20]) builder.add(eventOfSize(size));
    expect(builder.take().map((bytes) => bytes.length)).toEqual([104, 55, 54, 104, 24]);
  });

  test("so that all arrive in order, and no datagram is too long", () => {
    fc.assert(
      fc.property(
        fc.array(arbitraryRow(), { maxLength: 12 }),
        fc.integer({ min: 64, max: 600 }),
        (rows, maxPayload) => {
          const builder = new DatagramBuilder(maxPayload);
          for (const row of rows) expect(builder.add(event(...row))).toBeUndefined();
          const datagrams = builder.take();
          expect(datagrams.every((bytes) => bytes.length <= maxPayload)).toBe(true);
          const arrived = received(
            datagrams,
            rows.map((row) => row.length),
          );
          expect(arrived.length).toBe(rows.length);
          for (const [at, row] of rows.entries()) expect(compareValues(arrived[at] ?? [], row)).toBe(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("for one destination after another", () => {
    const builder = new DatagramBuilder(1400);
    builder.add(event(1));
    const first = builder.take();
    const before = first.map((bytes) => bytes.slice());
    builder.add(event(2));
    expect(received(builder.take(), [1])).toEqual([[2]]);
    expect(first).toEqual(before);
    expect(builder.take()).toEqual([]);
  });

  test("with the hash of an insertion or a deletion", () => {
    const predicate = tableSpec("link", 1);
    const builder = new DatagramBuilder(1400);
    for (const isDelete of [false, true]) builder.add({ predicate, args: ["a"], isDelete });
    const decoded = decodeDatagram(builder.take()[0] ?? new Uint8Array());
    expect(decoded.ok && decoded.tuples.map((tuple) => tuple.hash)).toEqual([
      predicate.wire.tuple,
      predicate.wire.remove,
    ]);
  });

  test("and continues after a refused one", () => {
    const builder = new DatagramBuilder(1400);
    const refused = [event(1), event("x".repeat(MESSAGE_MAX)), event(2)].map((tuple) => builder.add(tuple));
    expect(refused).toEqual([undefined, "too large", undefined]);
    expect(received(builder.take(), [1, 1])).toEqual([[1], [2]]);
  });

  test("of the length of the longest message", () => {
    const longest = event("x".repeat(MESSAGE_MAX - 11));
    const builder = new DatagramBuilder(1400);
    expect(builder.add(longest)).toBeUndefined();
    expect(received(builder.take(), [1])).toEqual([longest.args]);
  });

  test("but refuses one that would take more than 512 fragments", () => {
    const builder = new DatagramBuilder(64);
    expect([builder.add(eventOfSize(512 * 52)), builder.add(eventOfSize(512 * 52 + 1))]).toEqual([
      undefined,
      "too large",
    ]);
    expect(builder.take().length).toBe(512);
  });
});

describe("a datagram is dropped as a whole", () => {
  test.each([
    ["", "too short"],
    ["4d 5a 01", "too short"],
    ["4d 5b 01 00", "magic"],
    ["5a 4d 01 00", "magic"],
    ["4d 5a 00 00", "version"],
    ["4d 5a 02 00", "version"],
    ["4d 5a 01 02", "reserved flag"],
    ["4d 5a 01 81", "reserved flag"],
    ["4d 5a 01 01 00", "fragment"],
    ["4d 5a 01 00 00", "truncated"],
    ["4d 5a 01 00 00 00 00 01", "truncated"],
    ["4d 5a 01 00 00 00 00 01 01", "truncated"],
    ["4d 5a 01 00 00 00 00 01 80 00", "truncated"],
    ["4d 5a 01 00 00 00 00 01 ff ff ff ff ff ff", "truncated"],
    ["4d 5a 01 00 00 00 00 00 00", "no predicate"],
    ["4d 5a 01 00 00 00 00 01 00 00", "truncated"],
  ])("%s: %s", (hex, reason) => {
    expect(decodeDatagram(Buffer.from(hex.replaceAll(" ", ""), "hex"))).toEqual({ ok: false, reason });
  });

  test("but not for containing no tuples", () => {
    expect(decodeDatagram(Uint8Array.of(0x4d, 0x5a, 1, 0))).toEqual({ ok: true, tuples: [] });
  });

  test("or its tuples are adjacent and end with it, for any bytes", () => {
    const bytes = fc.array(fc.oneof(fc.nat(12), fc.nat(255)), { maxLength: 60 });
    fc.assert(
      fc.property(bytes, (rest) => {
        const datagram = Uint8Array.from([0x4d, 0x5a, 1, 0, ...rest]);
        const decoded = decodeDatagram(datagram);
        if (!decoded.ok) return;
        let at = 4;
        for (const { start, end } of decoded.tuples) {
          expect(start).toBeGreaterThan(at + 4);
          expect(end).toBeGreaterThanOrEqual(start);
          at = end;
        }
        expect(at).toBe(datagram.length);
      }),
      { numRuns: 2000 },
    );
  });
});
