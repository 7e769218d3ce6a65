import { expect, test } from "vitest";
import {
  functionNames,
  registerStage,
  stageNamed,
  stageNames,
} from "../../../../runtime/plan/library/functions/registry.ts";
import type { Ambient } from "../../../../runtime/plan/contract/function-spec.ts";
import type { Values, Value } from "../../../../runtime/plan/values/value.ts";

const NOWHERE: Ambient = { now: () => 0, random: () => 0, randomId: () => 0n, source: () => null };

function run(stage: string, row: Values): Value | undefined {
  return stageNamed(stage)?.call(NOWHERE, [row]);
}

test.for<[string, Values, Value | undefined]>([
  [
    "TOKENIZER",
    ["n", "a b  c", " "],
    [
      ["n", "a", 0],
      ["n", "b", 1],
      ["n", "c", 2],
    ],
  ],
  ["TOKENIZER", ["", " "], []],
  ["TOKENIZER", ["n", 3, " "], undefined],
  ["TOKENIZER", ["n"], undefined],
  ["CSVtuple", ["n", "1,two,"], [["n", 1, "two", ""]]],
  ["CSVtuple", ["n", '"a, ""b""",-7,007'], [["n", 'a, "b"', -7, 7]]],
  ["CSVtuple", ["n", "99999999999999999999"], [["n", "99999999999999999999"]]],
  [
    "CSVtuple",
    ["n", "1.5,-2e3,1e400,9007199254740993,-0,1.,.5"],
    [["n", 1.5, -2000, "1e400", "9007199254740993", 0, "1.", ".5"]],
  ],
  ["CSVtuple", ["n", ",a"], [["n", "", "a"]]],
  ["CSVtuple", ["n", ""], [["n", ""]]],
  [
    "CSVtuple",
    ["n", 'a,1\r\n\n"b\n, c",2\n"d"e\n'],
    [
      ["n", "a", 1],
      ["n", "b\n, c", 2],
      ["n", '"d"e'],
    ],
  ],
  ["CSVtuple", ["n", 5], undefined],
])("%s of %j is %j", ([stage, row, expected]) => {
  expect(run(stage, row)).toEqual(expected);
});

test("a plug-in stage is available to programs, but not as a function", () => {
  expect(registerStage("Twice", (row) => [row, row])).toBe(true);
  expect(registerStage("Twice", () => [])).toBe(false);
  expect(registerStage("CSVtuple", () => [])).toBe(false);
  expect(run("Twice", [1])).toEqual([[1], [1]]);
  expect(stageNames()).toContain("Twice");
  expect(functionNames().filter((name) => name.includes("Twice"))).toEqual([]);
});

test("an exception makes a stage fail", () => {
  registerStage("Broken", () => {
    throw new Error("no");
  });
  expect(run("Broken", [1])).toBe(undefined);
});

test("a result that is no list of lists makes a stage fail", () => {
  const given: readonly unknown[] = [5, [5], [[{}]], [["a", undefined]], "rows"];
  for (const [at, value] of given.entries()) registerStage(`Gives${at}`, () => value as readonly Values[]);
  expect(given.map((_, at) => run(`Gives${at}`, [1]))).toEqual(given.map(() => undefined));
});
