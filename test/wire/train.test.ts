import fc, { type Arbitrary } from "fast-check";
import { describe, expect, test } from "vitest";
import { LAYERS_MAX, Packet, type Tuple } from "../../runtime/plan/values/packet.ts";
import { segmentsOf, type Train, trainOf } from "../../runtime/plan/values/train.ts";
import { equal, type Values, type Value } from "../../runtime/plan/values/value.ts";
import { DatagramBuilder } from "../../runtime/wire/datagram-builder.ts";
import { fieldsOfBodies, fieldsOfDatagrams } from "../../runtime/wire/decode-train.ts";
import { encodeBody } from "../../runtime/plan/values/encode.ts";
import { arbitraryValue } from "../arbitrary-value.ts";
import { eventSpec } from "../predicate-spec.ts";

const MAX_PAYLOAD = 1452;

/** Segments of a train: of one length, the last of that length or less. */
function arbitraryRows(min: number, max: number): Arbitrary<readonly Uint8Array[]> {
  const lengths = fc.tuple(fc.integer({ min, max }), fc.integer({ min: 2, max: 9 }), fc.integer({ min: 0, max: 9999 }));
  return lengths.map(([length, count, last]) =>
    Array.from({ length: count }, (_, row) =>
      new Uint8Array(row === count - 1 ? min + (last % (length - min + 1)) : length).fill(row + 1),
    ),
  );
}

function event(name: string, args: Values): Tuple {
  return { predicate: eventSpec(name, args.length), args, isDelete: false };
}

/** `p(.., tun(.., Bytes))`: so many layers, each with further arguments before its packet. */
function nested(layers: readonly Values[], bytes: Uint8Array): Tuple {
  const tuples = layers.reduceRight<Value>((inner, args, at) => {
    return Packet.of(event(at === layers.length - 1 ? "tun" : `p${at}`, [...args, inner]));
  }, bytes) as Packet;
  if (tuples.tuple === undefined) throw new Error("a packet made here has its tuple");
  return tuples.tuple;
}

function datagrams(...tuples: readonly Tuple[]): readonly Uint8Array[] {
  const builder = new DatagramBuilder(MAX_PAYLOAD);
  return tuples.flatMap((tuple) => {
    expect(builder.add(tuple)).toBeUndefined();
    return builder.take();
  });
}

const LAYERS = fc.array(fc.array(arbitraryValue(), { maxLength: 3 }), { minLength: 1, maxLength: 4 });

describe("a train", () => {
  test("is sent as the datagrams of its segments, byte for byte, at any depth of encapsulation", () => {
    fc.assert(
      fc.property(LAYERS, arbitraryRows(1, 1500), (layers, rows) => {
        const singly = rows.flatMap((row) => datagrams(nested(layers, row)));
        expect(datagrams(nested(layers, trainOf(rows)))).toEqual(singly);
      }),
      { numRuns: 300 },
    );
  });

  test("is sent so with further arguments behind it, in every layer", () => {
    fc.assert(
      fc.property(LAYERS, arbitraryRows(1, 1500), (layers, rows) => {
        const wrapped = (bytes: Uint8Array): Tuple =>
          layers.reduceRight<Tuple>(
            (inner, args, at) => event(`p${at}`, [Packet.of(inner), ...args]),
            event("q", [bytes, "behind"]),
          );
        const singly = rows.flatMap((row) => datagrams(wrapped(row)));
        expect(datagrams(wrapped(trainOf(rows)))).toEqual(singly);
      }),
      { numRuns: 300 },
    );
  });

  test("of datagrams is decoded as one tuple, layer by layer", () => {
    fc.assert(
      fc.property(LAYERS, arbitraryRows(900, 1100), (layers, rows) => {
        const sent = datagrams(nested(layers, trainOf(rows)));
        fc.pre(sent.length === rows.length);
        const train = trainOf(sent) as Train;
        let fields = fieldsOfDatagrams(train, nested(layers, rows[0] as Uint8Array).predicate.wire.tuple, arity(0));
        for (let layer = 1; layer < layers.length; layer++) {
          const packet = fields?.at(-1) as Packet;
          fields = fieldsOfBodies(packet.body as Train, packet.hash, arity(layer));
        }
        expect(segmentsOf(fields?.at(-1) as Uint8Array).map((row) => row.slice())).toEqual(rows);
        function arity(layer: number): number {
          return (layers[layer] as Values).length + 1;
        }
      }),
      { numRuns: 300 },
    );
  });

  test("of other bytes than device packets is not decoded as one tuple, at any depth", () => {
    for (const layers of [0, 1, 2]) {
      const said = (filling: number): Tuple => {
        let tuple = event("said", [new Uint8Array(1000).fill(filling)]);
        for (let layer = 0; layer < layers; layer++) tuple = event("p", [layer, Packet.of(tuple)]);
        return tuple;
      };
      const sent = [1, 2, 3].flatMap((filling) => datagrams(said(filling)));
      const { predicate, args } = said(1);
      expect(fieldsOfDatagrams(trainOf(sent) as Train, predicate.wire.tuple, args.length)).toBeUndefined();
    }
  });

  test("is decoded from packets nested as deep as a node accepts", () => {
    const { wire } = eventSpec("p", 1);
    const deep = (filling: number): Uint8Array => {
      let packet = Packet.inTransit(
        eventSpec("tun", 1).wire.tuple,
        0,
        encodeBody([new Uint8Array(1000).fill(filling)]) as Uint8Array,
      );
      for (let layer = 1; layer < LAYERS_MAX; layer++)
        packet = Packet.inTransit(wire.tuple, 0, encodeBody([packet]) as Uint8Array);
      return encodeBody([packet]) as Uint8Array;
    };
    const [packet] = fieldsOfBodies(trainOf([deep(1), deep(2)]) as Train, wire.tuple, 1) ?? [];
    expect(packet).toBeInstanceOf(Packet);
  });

  test("is forwarded as the datagrams that arrived, with one more hop", () => {
    const rows = [1, 2, 3].map((row) => new Uint8Array(row < 3 ? 1000 : 100).fill(row));
    const came = datagrams(nested([["there:1"], [7]], trainOf(rows)));
    const { predicate } = nested([["there:1"], [7]], new Uint8Array(1));
    const args = fieldsOfDatagrams(trainOf(came) as Train, predicate.wire.tuple, 2);
    const on = datagrams({ predicate, args: args ?? [], isDelete: false });
    const hopAt = (bytes: Uint8Array): number => bytes.findIndex((byte, at) => byte === 10 && at > 15) + 1;
    const older = came.map((bytes) => bytes.with(hopAt(bytes), 1));
    expect(on).toEqual(older);
  });

  const base = (): Uint8Array[] => [1, 2, 3, 4].map((row) => new Uint8Array(1000).fill(row));
  const foreign: readonly (readonly [what: string, change: (sent: Uint8Array[]) => void])[] = [
    ["another predicate", (sent) => sent[1]?.set([1], 4)],
    ["another argument", (sent) => sent[1]?.set([0x78], 14)],
    ["an argument that only the last has", (sent) => sent[3]?.set([0x78], 14)],
    ["bytes that are no datagram", (sent) => sent[3]?.set([0], 0)],
  ];
  test.each(foreign)("with %s among its datagrams is not decoded as one tuple", (_, change) => {
    const { predicate } = nested([["there:1"]], new Uint8Array(1));
    const sent = datagrams(nested([["there:1"]], trainOf(base()))).map((bytes) => bytes.slice());
    expect(fieldsOfDatagrams(trainOf(sent) as Train, predicate.wire.tuple, 2)).toBeDefined();
    change(sent);
    expect(fieldsOfDatagrams(trainOf(sent) as Train, predicate.wire.tuple, 2)).toBeUndefined();
  });

  test("in a tuple with another train is refused, and nothing is sent", () => {
    const builder = new DatagramBuilder(MAX_PAYLOAD);
    const pair = { predicate: eventSpec("p", 2), args: [trainOf(base()), trainOf(base())], isDelete: false };
    expect([builder.add(pair), builder.take()]).toEqual(["several trains", []]);
  });

  test("equals a train of the same segments and no other", () => {
    const other = base().with(2, new Uint8Array(1000).fill(9));
    const [one, same, different, first] = [trainOf(base()), trainOf(base()), trainOf(other), base()[0] ?? null];
    expect([equal(one, same), equal(one, different), equal(one, first)]).toEqual([true, false, false]);
  });
});
