import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { print } from "../../grammar/print.ts";
import type { Dialect } from "../../grammar/span.ts";
import { read } from "./reading.ts";

const SEED = 1;
const INPUTS = 10_000;
/** Generous, for a loaded machine. */
const TIMEOUT_MS = 120_000;

const random = xoroshiro128plus(SEED);
const below = (limit: number): number => uniformInt(random, 0, Math.max(0, limit - 1));
const oneOf = <T>(things: readonly T[]): T => things[below(things.length)] as T;

/** Inputs of the text cases, which together contain every valid construct and many errors. */
const CASES = new URL("cases/", import.meta.url);
const SEEDS = readdirSync(CASES).flatMap((file) =>
  readFileSync(new URL(file, CASES), "utf8")
    .split(/^= .*\n/m)
    .map((text) => text.split(/^==>/m)[0] ?? ""),
);

const PIECES = [
  ...Array.from("()[]{},.:;@&!?<>=+-*/%|^~_#\\\"'§😀\n "),
  ...'/* */ // %% :- := :: <- << >> <= b" 0x 1I 1e9 #if #define #endif #else #elif #include'.split(" "),
  ..."X p def delete materialize( keys( evict overlay import accept in notin timeout( many min<".split(" "),
] as const;

type Mutation = (text: string) => string;

const MUTATIONS: readonly Mutation[] = [
  (text) => insertAt(text, below(text.length + 1), oneOf(PIECES)),
  (text) => insertAt(text, below(text.length + 1), String.fromCharCode(below(0x10000))),
  (text) => cut(text, below(text.length), 1 + below(5)),
  (text) => cut(text, below(text.length), text.length),
  (text) => insertAt(text, below(text.length + 1), slice(text)),
  (text) => insertAt(text, below(text.length + 1), slice(oneOf(SEEDS))),
  (text) => insertAt(text, below(text.length + 1), oneOf(PIECES).repeat(below(300))),
];

function insertAt(text: string, at: number, piece: string): string {
  return text.slice(0, at) + piece + text.slice(at);
}

function cut(text: string, at: number, length: number): string {
  return text.slice(0, at) + text.slice(at + length);
}

function slice(text: string): string {
  const start = below(text.length);
  return text.slice(start, start + below(60));
}

function mutated(text: string): string {
  let result = text;
  for (let count = 1 + below(4); count > 0; count -= 1) result = oneOf(MUTATIONS)(result);
  return result;
}

test(
  `the parser survives ${INPUTS} mutated texts, and printed programs parse to the same text`,
  () => {
    for (let count = 0; count < INPUTS; count += 1) {
      const text = mutated(oneOf(SEEDS));
      const dialect = oneOf(["mozlog", "overlog", "overlog-flat"] as const);
      const [printed, again] = outcomeOf(text, () => printedTwice(text, dialect));
      expect([text, again]).toEqual([text, printed]);
    }
  },
  TIMEOUT_MS,
);

/** Returns the printed tree of a text, and the printed tree of that; empty strings if the text has errors. */
function printedTwice(text: string, dialect: Dialect): readonly [string, string] {
  const { tree, diagnostics, dialect: used } = read(text, { dialect, files: { f: "#define F 1\n" } });
  const printed = print(tree, used);
  if (diagnostics.some(({ severity }) => severity === "error")) return ["", ""];
  return [printed, print(read(`#pragma dialect ${used}\n${printed}`).tree, used)];
}

/** Runs an attempt, and adds the text to an exception. */
function outcomeOf<T>(text: string, attempt: () => T): T {
  try {
    return attempt();
  } catch (cause: unknown) {
    throw new Error(`failed on ${JSON.stringify(text)}`, { cause });
  }
}
