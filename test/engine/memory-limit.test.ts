/** Rules that fill memory are stopped by counting: in one step, over many steps, and at the same derivation in each run. */
import { expect, test } from "vitest";
import { type Limits, memoryLimits } from "../../runtime/engine/limits/limits.ts";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import type { Value } from "../../runtime/plan/values/value.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";
import { manualWorld } from "../session/manual-world.ts";

const MEBIBYTE = 2 ** 20;

interface Started {
  readonly node: Node;
  readonly log: string[];
  readonly advance: (seconds: number) => void;
}

function started(text: string, memory: number, more: Partial<Limits> = {}): Started {
  const library = new FileLibrary();
  library.addText("text", text);
  const { plan, diagnostics } = compile(["text"], library, { defines: new Map(), dialect: undefined });
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  const world = manualWorld("here:1");
  const log: string[] = [];
  const limits = { ...memoryLimits(memory * MEBIBYTE), ...more };
  const onLog = (message: string): void => void log.push(message);
  const node = new Node(loadProgram(plan), world, { names: ["here:1"], facts: [], watch: [], limits, onLog });
  node.start();
  return { node, log, advance: (seconds) => world.clock.advance(seconds) };
}

const table = (name: string, keys = "1"): string => `materialize(${name}, infinity, infinity, keys(${keys})).\n`;

type Endless = readonly [title: string, program: string, argument: Value, rule: string, limit: string];

const ROWS = "rows of a recursion that computes values";
const CYCLE = "memory of rules that trigger each other";

const ENDLESS: readonly Endless[] = [
  ["a derived table", `${table("p")} r: p(N) :- p(M), N := M + 1. g: p(X) :- go(X).`, 1, "r", ROWS],
  [
    "several derived tables",
    `${table("p")}${table("q")}${table("s")} a: p(X) :- s(X). q: q(N) :- p(N). r: p(N) :- q(M), N := M + 1. g: s(X) :- go(X).`,
    1,
    "[qr]",
    ROWS,
  ],
  [
    "an aggregate with growing keys",
    `${table("p", "1,2")}${table("q")}${table("s")} p(X, X) :- s(X). q: q(K, min<C>) :- p(K, C).
    r: p(K, C) :- q(J, D), K := J + 1, C := D + 1. g: s(X) :- go(X).`,
    1,
    "[qr]",
    ROWS,
  ],
  ["events of one step", "r: e(N) :- e(M), N := M + 1. g: e(X) :- go(X).", 1, "r", CYCLE],
  ["a ring of events", "a: f(N + 1) :- e(N). b: h(N) :- f(N). c: e(N) :- h(N). g: e(X) :- go(X).", 1, "[abc]", CYCLE],
  ["events that double", "a: e(2 * N) :- e(N). b: e(2 * N + 1) :- e(N). g: e(X) :- go(X).", 1, "[ab]", CYCLE],
  [
    "growing lists",
    `${table("p")}${table("s")} a: p(X) :- s(X). r: p(N) :- p(M), N := f_append(M, 1). g: s(X) :- go(X).`,
    [1],
    "r",
    ROWS,
  ],
  ["growing lists of events", "r: e(f_append(L, 1)) :- e(L). g: e(X) :- go(X).", [1], "r", CYCLE],
  ["growing strings of events", 'r: e(N) :- e(M), N := M + M + "x". g: e(X) :- go(X).', "x", "r", CYCLE],
  ["messages", 'r: out@"10.0.0.1:1"(N) :- e(N). l: e(N) :- e(M), N := M + 1. g: e(X) :- go(X).', 1, "l", CYCLE],
];

for (const [title, program, argument, rule, limit] of ENDLESS) {
  test(`an endless rule is undone by the memory of its step: ${title}`, () => {
    const runs = [0, 1].map(() => {
      const { node, log } = started(program, 64);
      const before = node.metrics().memory.used;
      expect(node.operate("go", [argument], false)).toBe("limit");
      expect(node.metrics().memory.used).toBe(before);
      const { refused, steps, rules } = node.metrics();
      const derived = rules.map((each) => each.derived);
      expect(refused).toEqual([expect.objectContaining({ cause: "go", limit, count: 1 })]);
      expect(steps.stopped).toBe(1);
      return { derived, log };
    });
    const amount = limit === ROWS ? "\\d+ " : "";
    const message = `^a step exceeded its limit of ${amount}${limit} in rule ${rule} and was rolled back; cause: go$`;
    expect(runs[0]?.log[0]).toMatch(new RegExp(message));
    expect(runs[1]).toEqual(runs[0]);
  });
}

const BIG = `${table("big")} f: big(X) :- fill(L), X <- L.`;

/** Rules that derive one result, or none, and visit many rows for it. */
const SCANS: readonly (readonly [title: string, rules: string])[] = [
  ["an endless event that scans a table", "r: e(N + 1) :- e(N), big(X), X == N % 300."],
  ["an endless aggregate over a table", "c: c(N, count<*>) :- e(N), big(_). r: e(N + 1) :- c(N, _)."],
  ["an aggregate beside an endless event", "c: c(N, count<*>) :- e(N), big(_). r: e(N + 1) :- e(N)."],
  ["a rule that combines all rows", "r: h(X) :- e(_), big(X), big(Y), big(Z), X == Y + Z + 100000."],
  ["lists inside each other", "r: h(X) :- e(_), all(L), X <- L, Y <- L, Z <- L, X == Y + Z + 100000."],
];

test.each(SCANS)("a step is undone by the rows that it visits: %s", (_, rules) => {
  const tables = `${table("all")} a: all(L) :- fill(L).`;
  const runs = [0, 1].map(() => {
    const { node, log } = started(`${BIG} ${tables} ${rules} g: e(X) :- go(X).`, 3072, { visits: 50_000 });
    expect(node.operate("fill", [Array.from({ length: 300 }, (_, at) => at)], false)).toBe("done");
    expect(node.operate("go", [0], false)).toBe("limit");
    const { refused, rules: counted } = node.metrics();
    expect(refused).toEqual([expect.objectContaining({ cause: "go", limit: "visited rows", count: 1 })]);
    return { log, firings: counted.map(({ firings }) => firings) };
  });
  expect(runs[0]?.log[0]).toMatch(
    /^a step exceeded its limit of visited rows in rule [rc] and was rolled back; cause: go$/,
  );
  expect(runs[1]).toEqual(runs[0]);
});

test("rows for a peer that does not answer count as rows do, and the step beyond the limit is undone", () => {
  const rules = (head: string): string =>
    `${table("t")}${table("far", "1,2")} r: ${head} :- t(X). f: t(Text) :- fill(N), Text := f_concat(f_tostr(N), "${"x".repeat(4000)}").`;
  const fill = (head: string): { readonly rows: number; readonly refused: unknown } => {
    const { node } = started(rules(head), 8);
    let rows = 0;
    while (rows < 4000 && node.operate("fill", [rows], false) === "done") rows++;
    expect(node.rows("t")).toHaveLength(rows);
    return { rows, refused: node.metrics().refused };
  };
  const here = fill("far(X, 1)");
  const away = fill('far@"10.0.0.9:1"(X, 1)');
  expect(away.rows).toBeLessThan(0.8 * here.rows);
  expect(away.refused).toEqual([expect.objectContaining({ cause: "fill", limit: "memory", count: 1 })]);
});

test("a node may start with more facts than a step may make derivations", () => {
  const facts = Array.from({ length: 300 }, (_, at) => `in(${at}).`).join("\n");
  const tables = ["in", "out", "two"].map((name) => table(name)).join("");
  const rules = `${tables} r: out(X) :- in(X). s: two(X) :- out(X). e: two(X) :- late(L), X <- L.\n${facts}`;
  const { node } = started(rules, 64, { derivations: 200 });
  expect(node.rows("two")).toHaveLength(300);
  expect(node.operate("late", [Array.from({ length: 300 }, (_, at) => 1000 + at)], false)).toBe("limit");
});

test("a step may derive many rows by rules that end", () => {
  const rules = `${table("in", "1,2")}${table("out", "1,2")} r: out(X, Y) :- go(X), in(X, Y). f: in(X, Y) :- fill(X, N), Y <- N.`;
  const { node } = started(rules, 64);
  for (let at = 0; at < 10; at++) {
    const list = Array.from({ length: 1000 }, (_, item) => at * 1000 + item);
    expect(node.operate("fill", [1, list], false)).toBe("done");
  }
  expect(node.operate("go", [1], false)).toBe("done");
  expect(node.rows("out")).toHaveLength(10_000);
});

test("a recursion that computes values is limited by rows, and one that copies values is not", () => {
  const rules = `${table("next")}${table("p")}${table("reached")}${table("s")}
    a: p(X) :- s(X). r: p(N) :- p(M), N := M + 1. g: s(X) :- go(X).
    n: next(N, N + 1) :- number(N). b: reached(0) :- next(0, _). c: reached(N) :- reached(M), next(M, N).`;
  const unlimited = { memory: Infinity, stepMemory: Infinity };
  const { node, log } = started(rules, 4, unlimited);
  for (let number = 2000; number >= 0; number--) node.insert("number", [number]);
  expect(node.rows("reached")).toHaveLength(2002);
  node.insert("go", [1]);
  expect(node.rows("p")).toEqual([]);
  expect(log.join("\n")).toMatch(/limit of 597 rows of a recursion that computes values/);
});

test("growth over many steps stops at the limit, and deletions make room again", () => {
  const { node, log } = started(`${table("row")} r: row(X, S) :- add(X, S).`, 4);
  const text = "x".repeat(100_000);
  const results = Array.from({ length: 60 }, (_, at) => node.operate("add", [at, text], false));
  const kept = results.indexOf("limit");
  expect(kept).toBeGreaterThan(30);
  expect(results.slice(kept).every((result) => result === "limit")).toBe(true);
  expect(node.rows("row")).toHaveLength(kept);
  expect(node.metrics().refused).toEqual([{ cause: "add", limit: "memory", rule: "r", count: 60 - kept }]);
  expect(log[0]).toBe("a step exceeded its limit of memory in rule r and was rolled back; cause: add");
  // A row of a full table can be replaced by one of its size.
  expect(node.operate("add", [0, "y".repeat(100_000)], false)).toBe("done");
  expect(node.operate("row", [0, ""], true)).toBe("done");
  expect(node.operate("add", [99, text], false)).toBe("done");
});

test("rows that a step inserts without a rule are refused by the name of their table", () => {
  const { node, log } = started(`${table("row")} r: seen(X) :- row(X, _).`, 1);
  for (let at = 0; at < 20; at++) node.operate("row", [at, "x".repeat(100_000)], false);
  expect(log.at(-1)).toMatch(/^a step exceeded its limit of memory.* and was rolled back; cause: row$/);
});

test("soft state that grows faster than it expires stops at the limit, and grows again after rows have expired", () => {
  const program = 'materialize(soft, 10, infinity, keys(1)).\nr: soft(E, T) :- periodic(E, 0.01), T := "0123456789".';
  const { node, advance } = started(program, 1);
  advance(60);
  const { refused, memory } = node.metrics();
  expect(node.rows("soft")?.length).toBe(1000);
  expect(refused).toEqual([]);
  expect(memory.used).toBeLessThan(MEBIBYTE);
  const { node: full, advance: advanceFull } = started(program.replace("10, inf", "100, inf"), 1);
  advanceFull(60);
  const rows = full.rows("soft")?.length ?? 0;
  expect(rows).toBeLessThan(4000);
  expect(full.metrics().refused[0]).toMatchObject({ limit: "memory", rule: "r" });
  advanceFull(100);
  expect(full.rows("soft")?.length).toBeGreaterThan(rows / 2);
});

test("the account of a table that is filled and emptied returns to its start", () => {
  const program = `${table("a", "1,2")}${table("v", "1")}${table("w", "1,2")} d: v(X, count<Y>) :- a(X, Y). c: w(X, Y) :- a(X, Y), Y > 5.`;
  const { node } = started(program, 64);
  const before = node.metrics().memory.used;
  for (let at = 0; at < 100; at++) node.operate("a", [at % 7, at], false);
  const full = node.metrics().memory.used;
  expect(full).toBeGreaterThan(before + 100 * 300);
  for (let at = 0; at < 100; at++) node.operate("a", [at % 7, at], true);
  expect(node.metrics().memory.used).toBe(before);
});
