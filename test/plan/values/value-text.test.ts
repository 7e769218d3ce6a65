import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Address } from "../../../runtime/plan/values/address.ts";
import { formatValue } from "../../../runtime/plan/values/format.ts";
import { keyOf } from "../../../runtime/plan/values/key.ts";
import { Packet } from "../../../runtime/plan/values/packet.ts";
import { compare, equal, type Value } from "../../../runtime/plan/values/value.ts";
import { decodeFields } from "../../../runtime/plan/values/decode-fields.ts";
import { encodeTuple } from "../../../runtime/plan/values/encode.ts";
import { printable } from "../../../runtime/plan/values/printable.ts";
import { readValue } from "../../../src/query/read-value.ts";
import { Reader } from "../../../runtime/plan/values/reader.ts";
import { Writer } from "../../../runtime/plan/values/writer.ts";
import { arbitraryValue } from "../../arbitrary-value.ts";
import { tupleOf } from "../../session/tuple-of.ts";

/** Parses `text` as a program and returns the value in it. */
function read(text: string): Value {
  return tupleOf(`p(${text})`)[1][0] as Value;
}

/** Encodes and decodes a value. */
function sent(value: Value): Value {
  const writer = new Writer();
  expect(encodeTuple(writer, 1, [value])).toBeUndefined();
  const bytes = writer.copy(0, writer.length);
  const reader = new Reader(bytes, 4, bytes.length);
  reader.length();
  return decodeFields(bytes, reader.at, bytes.length, 1)?.[0] as Value;
}

/** Values that a program can write: all but packets and NaN. */
function canBeSaid(value: Value): boolean {
  if (value instanceof Address) return [value.node, ...value.options].every(canBeSaid);
  if (Array.isArray(value)) return (value as readonly Value[]).every(canBeSaid);
  return !(value instanceof Packet) && !Number.isNaN(value);
}

/** Returns the values that differ from the first in a comparison, their key or their text. */
function others([first = null, ...rest]: readonly Value[]): readonly Value[] {
  return rest.filter((value) => {
    const isOrdered = compare(value, first) === 0 && compare(first, value) === 0;
    const haveOneKey = new Set([keyOf(value), keyOf(first)]).size === 1;
    return !(equal(value, first) && isOrdered && haveOneKey && formatValue(value) === formatValue(first));
  });
}

describe("printing, parsing, encoding and decoding keep comparison, key and text", () => {
  test("of any value", () => {
    fc.assert(
      fc.property(arbitraryValue(), (value) => {
        fc.pre(canBeSaid(value));
        const again = read(formatValue(value));
        expect(others([value, again, sent(value), sent(again)])).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test("of texts of all code points, which are printable as literals", () => {
    for (let first = 0; first <= 0x10ffff; first += 4096) {
      // Letters between them keep surrogates from forming pairs.
      const text = Array.from({ length: 4096 }, (_, at) => String.fromCodePoint(first + at)).join("x");
      const literal = formatValue(text);
      expect(printable(literal) === literal).toBe(true);
      expect(read(literal) === text).toBe(true);
      expect(readValue(literal)).toEqual({ kind: "value", value: text });
    }
  });

  test.each([
    ["0x123456789I", "0x0123456789I", "4886718345I"],
    ['"158.130.7.3:1086"', String.raw`"158.130.7.3\x3a1086"`],
    ["i3::0x123456789I", "I3::0x00123456789I", "i3::(0x123456789I)"],
    ['ron::"158.130.7.3:10000"', 'RON::"158.130.7.3:10000"', 'ron::("158.130.7.3:10000")'],
    ["ron::i3::0x1I", "RON::(i3::0x1I)", "ron::(I3::1I)"],
    ['sr::[i3::0x1I, ron::"b:1"]', 'sr:[i3::0x1I, ron::"b:1"]', 'SR::([i3::0x1I, RON::"b:1"])'],
    ['ron::sr::["g:1", "b:1"]', 'ron::(sr::["g:1", "b:1"])'],
    ['sr::[ron::"g:1", "b:1"]', 'sr::[(ron::"g:1"), "b:1"]'],
    ['sr::["b:4", ipsec::"b:3"]', 'sr:["b:4", IPSEC::"b:3"]'],
    ['overqos::("b:2", 20ms)', 'overqos::("b:2", 0.02)', 'OverQoS::("b:2", 20000us)'],
    ["1s", "1000ms", "1", "1.0", "0x1", "1e0"],
    ["1mbit", "1000kbit", "1e6"],
    ["9007199254740994.0", "9.007199254740994e15"],
    ["-9007199254740994.0"],
    ["true"],
    ["null"],
    ["infinity"],
    ["-infinity"],
    ['b"0aff"', 'b"0AFF"'],
    ['[1, [], "b"]', "[0x1, [], b]"],
  ])("however it is written: %s", (...texts) => {
    const values = texts.map(read).flatMap((value) => [value, sent(value), read(formatValue(value))]);
    expect(others(values)).toEqual([]);
  });
});
