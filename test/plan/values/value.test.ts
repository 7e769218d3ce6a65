import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Address } from "../../../runtime/plan/values/address.ts";
import { formatValue } from "../../../runtime/plan/values/format.ts";
import { keyOf, keyOfValues } from "../../../runtime/plan/values/key.ts";
import { Packet } from "../../../runtime/plan/values/packet.ts";
import { compare, equal, equalValues, kindOf, type Value } from "../../../runtime/plan/values/value.ts";
import { arbitraryRow, arbitraryValue } from "../../arbitrary-value.ts";
import { eventSpec } from "../../predicate-spec.ts";

/** Returns whether a `Map` treats two keys as equal. */
function haveOneKey(left: Value, right: Value): boolean {
  return new Set([keyOf(left), keyOf(right)]).size === 1;
}

/** Pairs that are often equal, which random pairs hardly ever are. */
const pair = fc.oneof(
  fc.tuple(arbitraryValue(), arbitraryValue()),
  arbitraryValue().map((value): [Value, Value] => [value, rebuilt(value)]),
);

/** Returns a deep copy. */
function rebuilt(value: Value): Value {
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Address) return new Address(value.overlay, rebuilt(value.node), value.options.map(rebuilt));
  if (value instanceof Packet) return Packet.inTransit(value.hash, value.hops, (value.body as Uint8Array).slice());
  return value instanceof Uint8Array ? value.slice() : value.map(rebuilt);
}

describe("equality, order and keys agree", () => {
  test("a value equals its copy", () => {
    fc.assert(
      fc.property(arbitraryValue(), (value) => {
        expect(equal(value, rebuilt(value))).toBe(true);
      }),
    );
  });

  test("two values are equal if and only if they compare as 0", () => {
    fc.assert(
      fc.property(pair, ([left, right]) => {
        expect(compare(left, right) === 0).toBe(equal(left, right));
      }),
    );
  });

  test("two values are equal if and only if they have the same key", () => {
    fc.assert(
      fc.property(pair, ([left, right]) => {
        expect(haveOneKey(left, right)).toBe(equal(left, right));
      }),
    );
  });

  test("two lists of values are equal if and only if they have the same key", () => {
    const rows = fc.oneof(
      fc.tuple(arbitraryRow(), arbitraryRow()),
      arbitraryRow().map((row) => [row, row.map(rebuilt)]),
    );
    fc.assert(
      fc.property(rows, ([left = [], right = []]) => {
        expect(keyOfValues(left) === keyOfValues(right)).toBe(equalValues(left, right));
      }),
    );
  });

  test("different values have different texts, except for packets", () => {
    fc.assert(
      fc.property(pair, ([left, right]) => {
        fc.pre(!holdsPacket(left) && !holdsPacket(right));
        expect(formatValue(left) === formatValue(right)).toBe(equal(left, right));
      }),
    );
  });

  test("the order is total", () => {
    fc.assert(
      fc.property(arbitraryValue(), arbitraryValue(), arbitraryValue(), (a, b, c) => {
        expect(Math.sign(compare(a, b))).toBe(0 - Math.sign(compare(b, a)));
        const [first, second, third] = [a, b, c].toSorted(compare) as [Value, Value, Value];
        expect(Math.max(compare(first, second), compare(second, third), compare(first, third))).toBeLessThanOrEqual(0);
      }),
    );
  });
});

function holdsPacket(value: Value): boolean {
  if (value instanceof Address) return holdsPacket(value.node) || value.options.some(holdsPacket);
  return value instanceof Packet || (Array.isArray(value) && (value as readonly Value[]).some(holdsPacket));
}

test("kinds are ordered as the language defines", () => {
  const packet = Packet.inTransit(1, 0, new Uint8Array());
  const values: readonly Value[] = [null, true, 1, "a", 1n, new Address("ron", "a"), new Uint8Array(), [], packet];
  expect(values.toReversed().toSorted(compare).map(kindOf).join(" < ")).toBe(
    "null < bool < number < string < id < address < bytes < list < tuple",
  );
});

describe("values that are easily confused", () => {
  test.each<[string, Value, Value]>([
    ["a number and its text", 1, "1"],
    ["a number and an id", 1, 1n],
    ["a boolean and a number", true, 1],
    ["an address and its text", new Address("ron", "a"), 'ron::"a"'],
    ["one string with a comma and two strings", ["a, b"], ["a", "b"]],
    ["a list and the list of it", ["a"], [["a"]]],
    ["a node's option and the address's own", nested(["x"], []), nested([], ["x"])],
    ["a string and bytes", "A", Uint8Array.of(65)],
    ["a string that looks like a list's key", `\0[${keyOfValues(["a"])}]`, ["a"]],
    ["a packet made here and opaque bytes that look like its key", madeHere(), opaque("3:abc")],
  ])("%s are two", (_, left, right) => {
    expect([equal(left, right), haveOneKey(left, right), compare(left, right) === 0]).toEqual([false, false, false]);
  });

  test.each<[string, Value, Value]>([
    ["0 and -0", 0, -0],
    ["0 and -0 in a list", [0], [-0]],
    ["NaN and NaN", NaN, NaN],
    ["NaN and NaN in a list", [NaN], [NaN]],
  ])("%s are one", (_, left, right) => {
    expect([equal(left, right), haveOneKey(left, right), compare(left, right) === 0]).toEqual([true, true, true]);
  });
});

function nested(inner: readonly Value[], outer: readonly Value[]): Address {
  return new Address("a", new Address("b", "n", inner), outer);
}

function madeHere(): Packet {
  return Packet.of({ predicate: eventSpec("p", 1, 7), args: [Buffer.from("abc")], isDelete: false });
}

function opaque(text: string): Packet {
  return Packet.inTransit(7, 0, Buffer.from(text));
}
