import fc, { type Arbitrary } from "fast-check";
import { expect, test } from "vitest";
import { Address } from "../../../runtime/plan/values/address.ts";
import { formatValue } from "../../../runtime/plan/values/format.ts";
import {
  encodeValue,
  formatJsonValue,
  type JsonBytes,
  type JsonValue,
} from "../../../runtime/plan/values/json-value.ts";
import { keyOf } from "../../../runtime/plan/values/key.ts";
import { Packet } from "../../../runtime/plan/values/packet.ts";
import { trainOf } from "../../../runtime/plan/values/train.ts";
import { equal, kinds, kindOf, type Value } from "../../../runtime/plan/values/value.ts";
import { arbitraryValue } from "../../arbitrary-value.ts";
import { tableSpec } from "../../predicate-spec.ts";

interface Example {
  readonly value: Value;
  readonly json: string;
  readonly text: string;
}

const bytes = (...numbers: readonly number[]): Uint8Array => new Uint8Array(numbers);
const tuple = { predicate: tableSpec("p", 1), args: [1n], isDelete: false };

const examples: readonly Example[] = [
  { value: null, json: "null", text: "null" },
  { value: true, json: "true", text: "true" },
  { value: 0.5, json: "0.5", text: "0.5" },
  { value: "0x1fI", json: '"0x1fI"', text: '"0x1fI"' },
  { value: Infinity, json: '{"number":"infinity"}', text: "infinity" },
  { value: -Infinity, json: '{"number":"-infinity"}', text: "-infinity" },
  { value: NaN, json: '{"number":"NaN"}', text: "NaN" },
  { value: 31n, json: '{"id":"0x1f"}', text: "0x1fI" },
  { value: bytes(10, 255), json: '{"bytes":"0aff"}', text: 'b"0aff"' },
  { value: trainOf([bytes(1, 2), bytes(3)]), json: '{"bytes":["0102","03"]}', text: 'b"0102"+b"03"' },
  {
    value: new Address("ron", "10.0.0.2:10000"),
    json: '{"address":{"overlay":"ron","node":"10.0.0.2:10000"}}',
    text: 'ron::"10.0.0.2:10000"',
  },
  {
    value: new Address("q", 1n, [0.5]),
    json: '{"address":{"overlay":"q","node":{"id":"0x1"},"options":[0.5]}}',
    text: "q::(0x1I, 0.5)",
  },
  { value: [1, ["a"]], json: '[1,["a"]]', text: '[1, ["a"]]' },
  { value: Packet.of(tuple), json: '{"packet":["p",{"id":"0x1"}]}', text: "p(0x1I)" },
  {
    value: Packet.of({ ...tuple, isDelete: true }),
    json: '{"packet":["p",{"id":"0x1"}],"op":"-"}',
    text: "delete p(0x1I)",
  },
  {
    value: Packet.inTransit(7, 1, bytes(1)),
    json: '{"packet":{"hash":7,"bytes":"01"}}',
    text: 'packet::b"0a00000000070101"',
  },
  {
    value: Packet.inTransit(7, 1, trainOf([bytes(1), bytes(2)])),
    json: '{"packet":{"hash":7,"bytes":["01","02"]}}',
    text: 'packet::b"0a00000000070101"+b"0a00000000070102"',
  },
];

test.for(examples)("$json is $text", ({ value, json, text }) => {
  expect(JSON.stringify(encodeValue(value))).toBe(json);
  expect(formatJsonValue(JSON.parse(json) as JsonValue)).toBe(text);
});

test("the examples have every kind of value", () => {
  expect(new Set(examples.map(({ value }) => kindOf(value)))).toEqual(new Set(kinds));
});

test("every value can be read back from its JSON", () => {
  fc.assert(
    fc.property(anyValue(), (value) => {
      const json = JSON.parse(JSON.stringify(encodeValue(value))) as JsonValue;
      expect(equal(read(json), value)).toBe(true);
    }),
  );
});

test("two values that differ have JSON that differs, and the text of a value is another value", () => {
  fc.assert(
    fc.property(fc.array(anyValue(), { minLength: 2, maxLength: 30 }), (values) => {
      const all = values.flatMap((value) => [value, formatValue(value), JSON.stringify(encodeValue(value))]);
      const keys = new Set(all.map(keyOf));
      expect(new Set(all.map((value) => JSON.stringify(encodeValue(value)))).size).toBeGreaterThanOrEqual(keys.size);
    }),
  );
});

/** All kinds of values, among them trains and decoded packets; small ones often, so that two are nearly the same. */
function anyValue(): Arbitrary<Value> {
  const small = fc.uint8Array({ minLength: 1, maxLength: 1, max: 1 });
  const body = fc.array(small, { minLength: 1, maxLength: 3 }).map(trainOf);
  const args = fc.oneof(arbitraryValue(), body);
  return fc.oneof(
    args,
    fc.constantFrom<Value>(0, 1, "0", "1", 0n, 1n, "", null, "null", [], [0], ["0"], [[0]]),
    fc
      .tuple(fc.constantFrom("p", "q"), args, fc.boolean())
      .map(([name, arg, isDelete]) => Packet.of({ predicate: tableSpec(name, 1), args: [arg], isDelete })),
    fc.tuple(fc.integer({ min: 1, max: 2 }), body).map(([hash, content]) => Packet.inTransit(hash, 0, content)),
  );
}

/** Reads a value as a program outside would that knows docs/json.md. */
function read(json: JsonValue): Value {
  if (typeof json !== "object" || json === null) return json;
  if (json instanceof Array) return json.map(read);
  if ("number" in json) return { infinity: Infinity, "-infinity": -Infinity, NaN }[json.number];
  if ("id" in json) return BigInt(json.id);
  if ("bytes" in json) return readBytes(json.bytes);
  if ("address" in json) {
    const { overlay, node, options = [] } = json.address;
    return new Address(overlay, read(node), options.map(read));
  }
  const { packet, op } = json;
  if ("bytes" in packet) return Packet.inTransit(packet.hash, 0, readBytes(packet.bytes));
  const [name, ...args] = packet;
  return Packet.of({ predicate: tableSpec(name, args.length), args: args.map(read), isDelete: op === "-" });
}

function readBytes(hex: JsonBytes): Uint8Array {
  return trainOf([hex].flat().map((one) => new Uint8Array(Buffer.from(one, "hex"))));
}
