import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Packet } from "../../runtime/plan/values/packet.ts";
import { segmentsOf, Train, trainOf } from "../../runtime/plan/values/train.ts";
import { equalValues, type Values, type Value } from "../../runtime/plan/values/value.ts";
import { decodeFields } from "../../runtime/wire/decode.ts";
import { encodeBody } from "../../runtime/wire/encode.ts";
import { CachedDecoding } from "../../runtime/wire/cached-decoding.ts";
import { arbitraryValue } from "../arbitrary-value.ts";

const PAYLOAD = fc.uint8Array({ minLength: 400, maxLength: 500 });

/** A row whose last field is such bytes, or a packet with them in it, which arrives one hop older. */
function row(before: Values, payload: Uint8Array, isPacket: boolean): Uint8Array {
  return encodeBody([...before, isPacket ? Packet.inTransit(7, 2, payload) : payload]);
}

function decoded(bytes: Uint8Array, before: Values): Values {
  const fields = decodeFields(bytes, 0, bytes.length, before.length + 1);
  if (fields === undefined) throw new Error("what was encoded is decoded");
  return fields;
}

/** A packet as what it says. */
function plain(fields: Values | undefined): Values | undefined {
  const last = fields?.at(-1);
  if (fields === undefined || !(last instanceof Packet)) return fields;
  return [...fields.slice(0, -1), [last.hash, last.hops, last.body as Value]];
}

function headingOf(bytes: Uint8Array, before: Values, devicePacket?: number): CachedDecoding {
  const heading = CachedDecoding.of(bytes, decoded(bytes, before), devicePacket);
  if (heading === undefined) throw new Error("the row ends with its last field");
  return heading;
}

function likeness(rows: readonly Uint8Array[]): Train {
  const { buffer, count, stride, lastAt, lastLength, length } = trainOf(rows) as Train;
  const [first = new Uint8Array(0)] = rows;
  const commonPrefix = Math.min(
    ...rows.slice(1).map((other) => first.findIndex((byte, at) => byte !== other[at]) >>> 0),
    length,
  );
  return new Train(buffer, 0, length, { count, stride, lastAt, lastLength, commonPrefix });
}

describe("a heading", () => {
  const before = fc.array(arbitraryValue(), { maxLength: 3 });

  test("reads what begins alike and is as long as if it were decoded", () => {
    fc.assert(
      fc.property(before, PAYLOAD, PAYLOAD, fc.boolean(), (fields, one, other, isPacket) => {
        const first = row(fields, one, isPacket);
        const next = row(fields, other.length === one.length ? other : new Uint8Array(one.length).fill(9), isPacket);
        fc.pre(one.length * 4 >= first.length);
        const read = headingOf(first, fields).read(next);
        expect(equalValues(plain(read) ?? [], plain(decoded(next, fields)) ?? [])).toBe(true);
      }),
    );
  });

  test("does not read what is longer or shorter", () => {
    const heading = headingOf(row(["x"], new Uint8Array(400), false), ["x"]);
    expect(heading.read(row(["x"], new Uint8Array(401), false))).toBeUndefined();
    expect(heading.read(row(["x"], new Uint8Array(399), false))).toBeUndefined();
  });

  test("does not read what goes on behind its end, or ends before it", () => {
    const bytes = row(["x"], new Uint8Array(400), false);
    const heading = headingOf(bytes, ["x"]);
    expect(heading.read(Buffer.concat([bytes, bytes]))).toBeUndefined();
    expect(heading.read(bytes.slice(0, -1))).toBeUndefined();
  });

  test("does not read what says something else, be it in one byte before the end", () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), (where, change) => {
        const bytes = row(["x", 5], new Uint8Array(400), true);
        const heading = headingOf(bytes, ["x", 5]);
        const other = bytes.slice();
        const at = where % (bytes.length - 400);
        other[at] = (other[at] as number) ^ change;
        expect(heading.read(other)).toBeUndefined();
      }),
    );
  });

  test("outlives the bytes that it was read from", () => {
    const bytes = row(["x", new Uint8Array(300).fill(1)], new Uint8Array(400), false);
    const next = bytes.slice();
    const heading = headingOf(bytes, ["x", 0]);
    bytes.fill(0);
    expect(heading.read(next)).toEqual(["x", new Uint8Array(300).fill(1), new Uint8Array(400)]);
  });

  test("is none of a row that ends with something else", () => {
    const bytes = encodeBody([new Uint8Array(400), "x"]);
    expect(CachedDecoding.of(bytes, decoded(bytes, ["x"]), undefined)).toBeUndefined();
  });

  test("reads a train of rows that begin alike as one", () => {
    const rows = [1, 2, 3].map((fill) => row(["x"], new Uint8Array(400).fill(fill), true));
    const read = headingOf(rows[0] as Uint8Array, ["x"], 400).read(likeness(rows));
    const packet = read?.at(-1) as Packet;
    expect([read?.[0], packet.hash, packet.hops]).toEqual(["x", 7, 3]);
    expect(segmentsOf(packet.body as Uint8Array)).toEqual([1, 2, 3].map((fill) => new Uint8Array(400).fill(fill)));
  });

  test("leaves a train to be decoded whose rows are not known to begin alike, or whose last is shorter", () => {
    const [one, two] = [row(["x"], new Uint8Array(400), false), row(["y"], new Uint8Array(400), false)];
    const heading = headingOf(one, ["x"], 400);
    expect(heading.read(likeness([one, one, one]))).toBeDefined();
    expect(heading.read(likeness([one, two, one]))).toBeUndefined();
    expect(heading.read(likeness([one, one, two]))).toBeUndefined();
    expect(heading.read(trainOf([one, one, one]))).toBeUndefined();
    expect(heading.read(likeness([one, one, row(["x"], new Uint8Array(300), false)]))).toBeUndefined();
  });

  test("leaves a train to be decoded that is none of packets of a device, or whose packets are wrapped otherwise", () => {
    const rows = [1, 2].map((fill) => row(["x"], new Uint8Array(400).fill(fill), true));
    const [first = new Uint8Array()] = rows;
    expect(headingOf(first, ["x"]).read(likeness(rows))).toBeUndefined();
    expect(headingOf(first, ["x"], 400).read(likeness(rows))).toBeDefined();
    expect(headingOf(first, ["x"], 380).read(likeness(rows))).toBeUndefined();
  });
});
