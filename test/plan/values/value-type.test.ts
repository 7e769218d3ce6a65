import { expect, test } from "vitest";
import { Address } from "../../../runtime/plan/values/address.ts";
import { ANYTHING, typeBit } from "../../../runtime/plan/values/column-type.ts";
import type { Value } from "../../../runtime/plan/values/value.ts";
import { admitsValue, kindsOf, type ValueType } from "../../../runtime/plan/values/value-type.ts";

const NUMBER: ValueType = { kind: "kinds", kinds: typeBit("number") };
const ANY: ValueType = { kind: "kinds", kinds: ANYTHING };
const TENTHS: ValueType = { kind: "range", low: 0, high: 0.5, isWhole: false };
const DIGIT: ValueType = { kind: "range", low: 0, high: 9, isWhole: true };
const SHORT: ValueType = { kind: "text", longest: 2 };
const DIGITS: ValueType = { kind: "list", item: DIGIT };
const PAIR: ValueType = { kind: "items", items: [SHORT, DIGITS] };
const SENDER: ValueType = { kind: "sender" };

const isSender = (value: Value): boolean => value === "a:1" || value === 1;

function admits(type: ValueType): (value: Value) => boolean {
  return (value) => admitsValue(type, value, isSender);
}

test("a number has no NaN, and any value may be NaN", () => {
  expect([0, -1.5, Infinity].every(admits(NUMBER))).toBe(true);
  expect([NaN, "1", null].some(admits(NUMBER))).toBe(false);
  expect([NaN, "1", null].every(admits(ANY))).toBe(true);
});

test("the bounds of a range belong to it, and NaN lies in no range", () => {
  expect([0, 0.25, 0.5].every(admits(TENTHS))).toBe(true);
  expect([-0.1, 0.6, NaN, Infinity, "0"].some(admits(TENTHS))).toBe(false);
  expect(admits({ kind: "range", low: -Infinity, high: Infinity, isWhole: false })(NaN)).toBe(false);
});

test("a whole range has whole numbers only", () => {
  expect([0, 9].every(admits(DIGIT))).toBe(true);
  expect([0.5, 10, -1, Infinity].some(admits(DIGIT))).toBe(false);
});

test("the length of a text is its number of characters", () => {
  expect(["", "ab", "😀😀"].every(admits(SHORT))).toBe(true);
  expect(["abc", "😀😀😀", "😀ab", 1].some(admits(SHORT))).toBe(false);
});

test("lists are checked item by item", () => {
  expect([[], [1, 2, 3]].every(admits(DIGITS))).toBe(true);
  expect([[1, 10], [[1]], "[]", null].some(admits(DIGITS))).toBe(false);
  expect(admits(PAIR)(["a", [1]])).toBe(true);
  expect([[], ["a"], ["a", [1], 1], [1, [1]]].some(admits(PAIR))).toBe(false);
});

test("a sender is a string or an address that is a name of the sender", () => {
  expect(admits(SENDER)("a:1")).toBe(true);
  expect(["b:1", 1, null, new Address("ron", "a:1")].some(admits(SENDER))).toBe(false);
});

test.each([
  [NUMBER, typeBit("number")],
  [TENTHS, typeBit("number")],
  [SHORT, typeBit("string")],
  [DIGITS, typeBit("list")],
  [PAIR, typeBit("list")],
  [SENDER, typeBit("string") | typeBit("address")],
])("the kinds of %j", (type, kinds) => {
  expect(kindsOf(type)).toBe(kinds);
});
