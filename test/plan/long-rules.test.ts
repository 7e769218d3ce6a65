/** The compiler takes time in proportion to the literals of a rule and the columns of a fact. */
import { expect, test } from "vitest";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import type { Plan } from "../../runtime/plan/contract/plan.ts";
import { manualWorld } from "../session/manual-world.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";

const SMALL = 300;
const FACTOR = 4;
/** Greatest ratio of the processor times of the two sizes: between that of linear growth, 4, and that of the square, 16. */
const MOST_RATIO = 9;
/** Each time is the less of two. Each try repeats the compilation for so long that the kernel's clock of a thread counts it exactly. */
const TRIES = 2;
const TRY_SECONDS = 0.1;

type Rule = readonly [title: string, text: (count: number) => string];

function list(count: number, item: (at: number) => string): string {
  return Array.from({ length: count }, (_, at) => item(at)).join(", ");
}

const TABLE = "materialize(t, infinity, infinity, keys(1,2)).\n";

const JOINS = (count: number): string => `${TABLE}r: o(X0) :- e(X0), ${list(count, (at) => `t(X${at}, X${at + 1})`)}.`;

const RULES: readonly Rule[] = [
  ["conditions", (count) => `r: o(X) :- e(X), ${list(4 * count, (at) => `X != ${at}`)}.`],
  ["assignments", (count) => `r: o(X${count}) :- e(X0), ${list(count, (at) => `X${at + 1} := X${at} + 1`)}.`],
  [
    "assignments from the last to the first",
    (count) => `r: o(X0) :- e(X${count}), ${list(count, (at) => `X${at} := X${at + 1} + 1`)}.`,
  ],
  ["negations", (count) => `${TABLE}r: o(X) :- e(X), ${list(count, (at) => `!t(X, Y${at})`)}.`],
  ["random conditions", (count) => `r: o(X) :- e(X), ${list(count, (at) => `f_rand() != ${at}`)}.`],
  ["joins of an event", (count) => JOINS(count / 5)],
  ["columns of a rule", (count) => `r: o(${list(count, (at) => `X${at}`)}) :- e(${list(count, (at) => `X${at}`)}).`],
  ["columns of a fact", (count) => `f(${list(8 * count, String)}).`],
];

function planOf(text: string): Plan {
  const library = new FileLibrary();
  library.addText("rules", text);
  const { plan } = compile(["rules"], library, { defines: new Map(), dialect: undefined });
  if (plan === undefined) throw new Error("the rule does not compile");
  return plan;
}

function codeOf(text: string): string {
  return planOf(text).code;
}

/** Processor time for the compilation of a text, in seconds. */
function secondsFor(text: string): number {
  const start = process.threadCpuUsage();
  for (let times = 1; ; times++) {
    planOf(text);
    const { user, system } = process.threadCpuUsage(start);
    const seconds = (user + system) / 1e6;
    if (seconds >= TRY_SECONDS) return seconds / times;
  }
}

function leastSeconds(text: string): number {
  return Math.min(...Array.from({ length: TRIES }, () => secondsFor(text)));
}

test.each(RULES)("a rule or fact is compiled in time that grows with its length: %s", (_, text) => {
  secondsFor(text(SMALL));
  expect(leastSeconds(text(FACTOR * SMALL)) / leastSeconds(text(SMALL))).toBeLessThan(MOST_RATIO);
});

test("the code of a rule grows with its joins", () => {
  const lengthFor = (count: number): number => codeOf(JOINS(count)).length;
  expect(lengthFor(800) / lengthFor(200)).toBeLessThan(5);
});

test.each([
  ["a rule", (joins: string) => `r: o(X0, X1500) :- e(X0), ${joins}, X1500 < 9.`, [[1, 1]]],
  ["a rule with an aggregate", (joins: string) => `r: o(X0, max<X1500>) :- e(X0), ${joins}, X1500 < 9.`, [[1, 1]]],
  ["a failing rule", (joins: string) => `r: o(X0, Y) :- e(X0), ${joins}, Y := 1 / (X1500 - 1).`, []],
])("%s with 1500 joins runs", (_, rule, rows) => {
  const text = `${TABLE}materialize(o, infinity, infinity, keys(1)).\nt(1, 1).\n${rule(list(1500, (at) => `t(X${at}, X${at + 1})`))}`;
  const node = new Node(loadProgram(planOf(text)), manualWorld("a:1"), { names: ["a:1"], facts: [], watch: [] });
  node.start();
  node.insert("e", [1]);
  expect(node.rows("o")).toEqual(rows);
});
