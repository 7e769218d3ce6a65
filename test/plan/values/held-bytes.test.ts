/** The memory of values is counted at all depths. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { Ambient, FunctionSpec } from "../../../runtime/plan/contract/function-spec.ts";
import { functionNamed, stageNamed } from "../../../runtime/plan/library/functions/registry.ts";
import { Address } from "../../../runtime/plan/values/address.ts";
import { heldBytesOf } from "../../../runtime/plan/values/held-bytes.ts";
import { keyOf, keyOfSelected, keyOfValues } from "../../../runtime/plan/values/key.ts";
import type { Value, Values } from "../../../runtime/plan/values/value.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const COPIES = 2000;

/** Returns the bytes of the heap that a value takes, by making many. */
function measured(make: (at: number) => Value): number {
  const kept: Value[] = [];
  const before = heapBytes();
  for (let at = 0; at < COPIES; at++) kept.push(make(at));
  const bytes = (heapBytes() - before) / COPIES;
  return kept.length === COPIES ? bytes : NaN;
}

function heapBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

const CASES: readonly (readonly [title: string, make: (at: number) => Value])[] = [
  ["a list of short lists", (at) => Array.from({ length: 50 }, (_, item) => [at + item])],
  ["a list of empty lists", () => Array.from({ length: 50 }, () => [])],
  ["lists at ten depths", (at) => Array.from({ length: 10 }).reduce<Value>((inner) => [inner], [at])],
  ["a list of long texts", (at) => Array.from({ length: 5 }, (_, item) => `${at}${item}`.padEnd(1000, "x"))],
  ["a text of wide characters", (at) => `${at}`.padEnd(1000, "ж")],
];

test.for(CASES)("%s is counted with at least two thirds of its memory", ([, make]) => {
  measured(make);
  expect(heldBytesOf([make(0)])).toBeGreaterThan((measured(make) * 2) / 3);
});

const AMBIENT: Ambient = { now: () => 0, random: () => 0, randomId: () => 0n, source: () => null };
/** A long text that no other value shares. */
const long = (at: number): string => `${at},`.padEnd(8000, "x");
const short = "y".repeat(100);

function called(spec: FunctionSpec | undefined, ...args: Values): Value {
  return spec?.call(AMBIENT, args) ?? null;
}

function lastOf(list: Value): Value {
  return (list as Values).at(-1) ?? null;
}

const PARTS: readonly (readonly [title: string, make: (at: number) => Value])[] = [
  ["the half of a text", (at) => called(functionNamed("f_substr"), long(at), 0, 4000)],
  ["one of the parts of a text", (at) => lastOf(called(functionNamed("f_split"), `${long(at)};${short}`, ";"))],
  ["a token of a text", (at) => lastOf(called(stageNamed("TOKENIZER"), [`${long(at)} ${short}`, " "]))],
  ["a line of fields", (at) => lastOf(called(stageNamed("CSVtuple"), [`${long(at)}\n${short}`]))],
  ["an address with a long name of an overlay", (at) => new Address(long(at), "10.0.0.1:1")],
];

/** Memory of small objects that the account leaves out, in bytes. */
const OBJECTS = 200;

test.for(PARTS)("%s is counted with its memory", ([, make]) => {
  measured(make);
  expect(heldBytesOf([make(0)])).toBeGreaterThan(measured(make) - OBJECTS);
});

test("a list that is shared counts wherever it stands", () => {
  const shared = [1, 2, 3];
  expect(heldBytesOf([[shared, shared]]) - heldBytesOf([[shared]])).toBe(heldBytesOf([shared]) - heldBytesOf([]));
});

const row = (at: number): Values => ["10.0.0.1:10000", at, "10.0.0.2:10000", BigInt(at) ** 20n, [at, `item ${at}`]];
const KEYS: readonly (readonly [title: string, make: (at: number) => string])[] = [
  ["all columns", (at) => keyOfValues(row(at))],
  ["some columns", (at) => keyOfSelected(row(at), [0, 1, 2])],
  ["a list", (at) => keyOf(row(at)) as string],
];

test.for(KEYS)("the key of %s takes as much memory as its text", ([, make]) => {
  measured(make);
  expect(measured(make)).toBeLessThan(make(COPIES).length + 80);
});
