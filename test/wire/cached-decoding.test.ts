import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Packet } from "../../runtime/plan/values/packet.ts";
import { segmentsOf, Train, trainOf } from "../../runtime/plan/values/train.ts";
import { equalValues, type Values, type Value } from "../../runtime/plan/values/value.ts";
import { decodeFields } from "../../runtime/plan/values/decode-fields.ts";
import { encodeBody } from "../../runtime/plan/values/encode.ts";
import { CachedDecoding } from "../../runtime/wire/cached-decoding.ts";
import { arbitraryValue } from "../arbitrary-value.ts";

const PAYLOAD = fc.uint8Array({ minLength: 400, maxLength: 500 });

/** Fields that end with these bytes, or with a packet that holds them and arrives with one more hop. */
function row(before: Values, payload: Uint8Array, isPacket: boolean): Uint8Array {
  return encodeBody([...before, isPacket ? Packet.inTransit(7, 2, payload) : payload]) as Uint8Array;
}

function decoded(bytes: Uint8Array, before: Values): Values {
  const fields = decodeFields(bytes, 0, bytes.length, before.length + 1);
  if (fields === undefined) throw new Error("the encoded fields were not decoded");
  return fields;
}

/** Returns a packet as plain data, for comparison. */
function plain(fields: Values | undefined): Values | undefined {
  const last = fields?.at(-1);
  if (fields === undefined || !(last instanceof Packet)) return fields;
  return [...fields.slice(0, -1), [last.hash, last.hops, last.body as Value]];
}

function cachedDecodingOf(bytes: Uint8Array, before: Values, devicePacket?: number): CachedDecoding {
  const cached = CachedDecoding.of(bytes, decoded(bytes, before), devicePacket);
  if (cached === undefined) throw new Error("the row ends with its last field");
  return cached;
}

function trainWithCommonPrefix(rows: readonly Uint8Array[]): Train {
  const { buffer, count, stride, lastAt, lastLength, length } = trainOf(rows) as Train;
  const [first = new Uint8Array(0)] = rows;
  const commonPrefix = Math.min(
    ...rows.slice(1).map((other) => first.findIndex((byte, at) => byte !== other[at]) >>> 0),
    length,
  );
  return new Train(buffer, 0, length, { count, stride, lastAt, lastLength, commonPrefix });
}

describe("a cached decoding", () => {
  const before = fc.array(arbitraryValue(), { maxLength: 3 });

  test("returns the same fields as decoding, for bytes with the same prefix and length", () => {
    fc.assert(
      fc.property(before, PAYLOAD, PAYLOAD, fc.boolean(), (fields, one, other, isPacket) => {
        const first = row(fields, one, isPacket);
        const next = row(fields, other.length === one.length ? other : new Uint8Array(one.length).fill(9), isPacket);
        fc.pre(one.length * 4 >= first.length);
        const read = cachedDecodingOf(first, fields).read(next);
        expect(equalValues(plain(read) ?? [], plain(decoded(next, fields)) ?? [])).toBe(true);
      }),
    );
  });

  test("does not match longer or shorter bytes", () => {
    const cached = cachedDecodingOf(row(["x"], new Uint8Array(400), false), ["x"]);
    expect(cached.read(row(["x"], new Uint8Array(401), false))).toBeUndefined();
    expect(cached.read(row(["x"], new Uint8Array(399), false))).toBeUndefined();
  });

  test("does not match a view that is longer or shorter than the cached bytes", () => {
    const bytes = row(["x"], new Uint8Array(400), false);
    const cached = cachedDecodingOf(bytes, ["x"]);
    expect(cached.read(Buffer.concat([bytes, bytes]))).toBeUndefined();
    expect(cached.read(bytes.slice(0, -1))).toBeUndefined();
  });

  test("does not match bytes that differ in any byte before the payload", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (where, change) => {
        const bytes = row(["x", 5], new Uint8Array(400), true);
        const cached = cachedDecodingOf(bytes, ["x", 5]);
        const other = bytes.slice();
        const at = where % (bytes.length - 400);
        other[at] = (other[at] as number) ^ change;
        expect(cached.read(other)).toBeUndefined();
      }),
    );
  });

  test("keeps no reference to the bytes that it was made from", () => {
    const bytes = row(["x", new Uint8Array(300).fill(1)], new Uint8Array(400), false);
    const next = bytes.slice();
    const cached = cachedDecodingOf(bytes, ["x", 0]);
    bytes.fill(0);
    expect(cached.read(next)).toEqual(["x", new Uint8Array(300).fill(1), new Uint8Array(400)]);
  });

  test("is not made of bytes that end with another kind of field", () => {
    const bytes = encodeBody([new Uint8Array(400), "x"]) as Uint8Array;
    expect(CachedDecoding.of(bytes, decoded(bytes, ["x"]), undefined)).toBeUndefined();
  });

  test("matches a train whose segments share the prefix", () => {
    const rows = [1, 2, 3].map((fill) => row(["x"], new Uint8Array(400).fill(fill), true));
    const read = cachedDecodingOf(rows[0] as Uint8Array, ["x"], 400).read(trainWithCommonPrefix(rows));
    const packet = read?.at(-1) as Packet;
    expect([read?.[0], packet.hash, packet.hops]).toEqual(["x", 7, 3]);
    expect(segmentsOf(packet.body as Uint8Array)).toEqual([1, 2, 3].map((fill) => new Uint8Array(400).fill(fill)));
  });

  test("does not match a train without a known common prefix, or with a shorter last segment", () => {
    const [one, two] = [row(["x"], new Uint8Array(400), false), row(["y"], new Uint8Array(400), false)];
    const cached = cachedDecodingOf(one, ["x"], 400);
    expect(cached.read(trainWithCommonPrefix([one, one, one]))).toBeDefined();
    expect(cached.read(trainWithCommonPrefix([one, two, one]))).toBeUndefined();
    expect(cached.read(trainWithCommonPrefix([one, one, two]))).toBeUndefined();
    expect(cached.read(trainOf([one, one, one]))).toBeUndefined();
    expect(cached.read(trainWithCommonPrefix([one, one, row(["x"], new Uint8Array(300), false)]))).toBeUndefined();
  });

  test("does not match a train without device packets, or with another encapsulation", () => {
    const rows = [1, 2].map((fill) => row(["x"], new Uint8Array(400).fill(fill), true));
    const [first = new Uint8Array()] = rows;
    expect(cachedDecodingOf(first, ["x"]).read(trainWithCommonPrefix(rows))).toBeUndefined();
    expect(cachedDecodingOf(first, ["x"], 400).read(trainWithCommonPrefix(rows))).toBeDefined();
    expect(cachedDecodingOf(first, ["x"], 380).read(trainWithCommonPrefix(rows))).toBeUndefined();
  });
});
