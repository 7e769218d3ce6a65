import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Address } from "../../runtime/plan/values/address.ts";
import { Packet } from "../../runtime/plan/values/packet.ts";
import { compareValues, type Values, type Value } from "../../runtime/plan/values/value.ts";
import { decodeFields } from "../../runtime/plan/values/decode-fields.ts";
import { encodeTuple, type EncodeRefusal } from "../../runtime/plan/values/encode.ts";
import { HOPS_MAX, MESSAGE_MAX } from "../../runtime/plan/values/encoding-limits.ts";
import { Reader } from "../../runtime/plan/values/reader.ts";
import { Writer } from "../../runtime/plan/values/writer.ts";
import { arbitraryNumber, arbitraryRow, arbitraryText } from "../arbitrary-value.ts";
import { eventSpec } from "../predicate-spec.ts";

const HASH = 0x01020304;

function encode(row: Values): Uint8Array {
  const writer = new Writer();
  expect(encodeTuple(writer, HASH, row)).toBeUndefined();
  return writer.copy(0, writer.length);
}

/** Encodes only the fields. */
function encodeFields(row: Values): Uint8Array {
  const bytes = encode(row);
  const reader = new Reader(bytes, 4, bytes.length);
  return bytes.subarray(bytes.length - reader.length());
}

/** Decodes the fields of the one tuple in `bytes`. */
function decode(bytes: Uint8Array, arity: number): readonly Value[] | undefined {
  const reader = new Reader(bytes, 0, bytes.length);
  expect(reader.u32()).toBe(HASH);
  expect(reader.length()).toBe(bytes.length - reader.at);
  return decodeFields(bytes, reader.at, bytes.length, arity);
}

function roundTrip(row: Values): readonly Value[] | undefined {
  return decode(encode(row), row.length);
}

function refusal(row: Values): EncodeRefusal | undefined {
  return encodeTuple(new Writer(), HASH, row);
}

/** Returns lists nested `depth` deep. */
function nestedList(depth: number): Value {
  return depth === 0 ? 1 : [nestedList(depth - 1)];
}

function nestedAddress(depth: number): Value {
  return depth === 0 ? "a" : new Address("ron", nestedAddress(depth - 1));
}

function nestedPacket(depth: number): Value {
  const payload = depth === 0 ? 1 : nestedPacket(depth - 1);
  return Packet.of({ predicate: eventSpec("p", 1), args: [payload], isDelete: false });
}

describe("a tuple is decoded as it was encoded", () => {
  test("for any values", () => {
    fc.assert(
      fc.property(arbitraryRow(), (row) => {
        expect(compareValues(roundTrip(row) ?? [], row)).toBe(0);
      }),
      { numRuns: 500 },
    );
  });

  test("for numbers, to the last bit", () => {
    fc.assert(
      fc.property(arbitraryNumber(), (number) => {
        expect(Object.is(roundTrip([number])?.[0], number === 0 ? 0 : number)).toBe(true);
      }),
    );
  });

  test("for strings", () => {
    fc.assert(
      fc.property(arbitraryText(), (text) => {
        expect(roundTrip([text])).toEqual([text]);
      }),
    );
  });

  test("for bytes in a Buffer or not, at any offset", () => {
    fc.assert(
      fc.property(arbitraryRow(), fc.nat(20), (row, offset) => {
        const plain = encode(row);
        const buffer = Buffer.concat([Buffer.alloc(offset), plain]).subarray(offset);
        expect(compareValues(decode(buffer, row.length) ?? [], decode(plain, row.length) ?? [])).toBe(0);
      }),
    );
  });

  test("but a lone surrogate becomes the replacement character", () => {
    expect(roundTrip(["a\ud83d"])).toEqual(["a\ufffd"]);
  });

  test.each([[126], [127], [128], [129], [16_383], [16_384], [70_000]])(
    "for sizes at which the length takes another byte: %d",
    (size) => {
      const row = ["x".repeat(size), new Uint8Array(size), Array.from({ length: Math.min(size, 300) }, () => null)];
      expect(roundTrip(row)).toEqual(row);
      expect(roundTrip([row[0] as Value])).toEqual([row[0]]);
    },
  );
});

describe("decoded values do not keep a large datagram in memory", () => {
  test("a small value is a copy", () => {
    const decoded = roundTrip([Uint8Array.of(1, 2), new Uint8Array(1000)]) as readonly Uint8Array[];
    expect(decoded.map((value) => value.buffer.byteLength < 100)).toEqual([true, false]);
  });
});

describe("packets", () => {
  const body = encodeFields(["x", 1]);

  test("a new one arrives with a hop count of 0 and undecoded fields", () => {
    const packet = Packet.of({ predicate: eventSpec("p", 2, 77), args: ["x", 1], isDelete: false });
    const [arrived] = roundTrip([packet]) as readonly [Packet];
    expect([arrived.hash, arrived.hops, arrived.tuple]).toEqual([77, 0, undefined]);
    expect(decodeFields(arrived.body as Uint8Array, 0, body.length, 2)).toEqual(["x", 1]);
  });

  test("one in transit gets one more hop each time, and its bytes stay the same", () => {
    const [first] = roundTrip([Packet.inTransit(77, 4, body)]) as readonly [Packet];
    const [second] = roundTrip([first]) as readonly [Packet];
    expect([first.hops, second.hops]).toEqual([5, 6]);
    expect(Buffer.from(second.body as Uint8Array)).toEqual(Buffer.from(body));
  });

  test("a received one is a view of its datagram", () => {
    const bytes = encode([Packet.inTransit(77, 0, body)]);
    const [packet] = decode(bytes, 1) as readonly [Packet];
    expect(packet.body?.buffer).toBe(bytes.buffer);
  });

  test("one at the hop limit is not forwarded", () => {
    expect(refusal([Packet.inTransit(77, HOPS_MAX - 1, body)])).toBeUndefined();
    expect(refusal([Packet.inTransit(77, HOPS_MAX, body)])).toBe("hop limit");
    expect(refusal([[new Address("sr", ["a"], [Packet.inTransit(77, HOPS_MAX, body)])]])).toBe("hop limit");
  });

  test("a layer adds at most 16 bytes besides its address", () => {
    const address = "10.0.0.2:10000";
    for (const size of [0, 1, 90, 100, 110, 120, 1400, 16_370, 65_000]) {
      const tuple = { predicate: eventSpec("tun", 1), args: [new Uint8Array(size)], isDelete: false };
      const layer = { predicate: eventSpec("ron.send", 2), args: [address, Packet.of(tuple)], isDelete: false };
      const bare = encode(tuple.args).length;
      const once = encode(layer.args).length;
      const twice = encode([address, Packet.of(layer)]).length;
      const carried = encodeFields([address]).length;
      expect(Math.max(once - bare, twice - once) - carried).toBeLessThanOrEqual(16);
    }
  });
});

describe("a sender refuses tuples that a receiver would refuse", () => {
  test.each<[string, (depth: number) => Value, number]>([
    ["lists", nestedList, 32],
    ["addresses", nestedAddress, 32],
    ["packets", nestedPacket, 31],
  ])("%s nested too deep", (_, nest, depth) => {
    expect([refusal([nest(depth)]), refusal([nest(depth + 1)])]).toEqual([undefined, "too deep"]);
    expect(roundTrip([nest(depth)])?.length).toBe(1);
  });

  test.each<[string, Value]>([
    ["a string", "x".repeat(MESSAGE_MAX + 1)],
    ["bytes", new Uint8Array(MESSAGE_MAX + 1)],
    ["a list", Array.from({ length: 2 * MESSAGE_MAX }, () => 1)],
    ["a packet", Packet.inTransit(7, 0, new Uint8Array(MESSAGE_MAX + 1))],
  ])("%s longer than any message", (_, value) => {
    expect(refusal([value])).toBe("too large");
  });

  test("a refused tuple leaves the writer unchanged", () => {
    const writer = new Writer();
    encodeTuple(writer, HASH, [1]);
    const { length } = writer;
    encodeTuple(writer, HASH, ["some text", nestedList(33)]);
    expect(writer.length).toBe(length);
  });
});

describe("bytes that no sender of this version writes", () => {
  const damaged = fc
    .tuple(
      arbitraryRow(),
      fc.array(fc.tuple(fc.nat(10_000), fc.integer({ min: 1, max: 255 })), { maxLength: 4 }),
      fc.nat(50),
    )
    .map(([row, flips, cut]) => ({ row, bytes: damage(encodeFields(row), flips, cut) }));

  test("never make the decoder throw or return another arity", () => {
    fc.assert(
      fc.property(fc.oneof(damaged, junk()), ({ row, bytes }) => {
        const values = decodeFields(bytes, 0, bytes.length, row.length);
        expect(values?.length ?? row.length).toBe(row.length);
      }),
      { numRuns: 3000 },
    );
  });

  test("are refused, or are the encoding of the decoded value", () => {
    fc.assert(
      fc.property(fc.oneof(damaged, junk()), ({ row, bytes }) => {
        const values = decodeFields(bytes, 0, bytes.length, row.length);
        if (values === undefined || bytes.includes(PACKET_TAG)) return;
        expect(Buffer.from(encodeFields(values)).equals(bytes)).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  test("a tuple with one value more or less is refused", () => {
    fc.assert(
      fc.property(arbitraryRow(), fc.constantFrom(-1, 1), (row, more) => {
        const arity = row.length + more;
        fc.pre(arity >= 0);
        expect(decode(encode(row), arity)).toBeUndefined();
      }),
    );
  });

  test("every truncated encoding is refused", () => {
    fc.assert(
      fc.property(arbitraryRow(), (row) => {
        const bytes = encodeFields(row);
        for (let end = 0; end < Math.min(bytes.length, 200); end++) {
          expect(decodeFields(bytes, 0, end, row.length)).toBeUndefined();
        }
      }),
    );
  });

  test("lists beyond the depth limit are refused, at any depth", () => {
    const deep = Buffer.from([...Array.from({ length: 33 }, () => [9, 1]).flat(), 0]);
    const bottomless = Buffer.from(Array.from({ length: 50_000 }, () => [9, 1]).flat());
    expect(decodeFields(deep.subarray(2), 0, deep.length - 2, 1)).toBeDefined();
    expect([deep, bottomless].map((bytes) => decodeFields(bytes, 0, bytes.length, 1))).toEqual([undefined, undefined]);
  });
});

const PACKET_TAG = 10;

function damage(bytes: Uint8Array, flips: readonly (readonly [number, number])[], cut: number): Uint8Array {
  const damaged = bytes.slice(0, cut < 10 ? Math.max(0, bytes.length - cut) : bytes.length);
  for (const [at, mask] of flips) {
    if (damaged.length > 0) damaged[at % damaged.length] = (damaged[at % damaged.length] as number) ^ mask;
  }
  return damaged;
}

/** Random bytes that resemble fields. */
function junk(): fc.Arbitrary<{ readonly row: Values; readonly bytes: Uint8Array }> {
  const byte = fc.oneof(fc.nat(12), fc.constantFrom(20, 21, 63, 127, 128, 255), fc.nat(255));
  return fc
    .tuple(fc.array(byte, { maxLength: 40 }), fc.nat(3))
    .map(([bytes, arity]) => ({ row: Array.from({ length: arity }, () => null), bytes: Uint8Array.from(bytes) }));
}
