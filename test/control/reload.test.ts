/** Hot reload of a running node: rows, derived tables, facts, timers, calls, counters and random streams. */
import { expect, test } from "vitest";
import type { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import type { SwapReport } from "../../runtime/node/program-swap.ts";
import type { Fact } from "../../runtime/node/peer-facts.ts";
import type { Values } from "../../runtime/plan/values/value.ts";
import { addressesOf, ProgramNetwork } from "../sim/program-network.ts";
import { RonNetwork } from "../sim/ron-network.ts";
import { AskedNode, planOf } from "./asked-node.ts";

/** Replaces the program of a node, and returns the report on its tables. */
function replaceProgram(node: Node, program: string): SwapReport | undefined {
  return node.replaceProgram(loadProgram(planOf(program)), []);
}

function rowsOf(node: Node, ...tables: readonly string[]): readonly (readonly Values[] | undefined)[] {
  return tables.map((table) => node.rows(table));
}

const COUNTING = `
materialize(t, infinity, infinity, keys(1)).
materialize(sum, infinity, infinity, keys(1)).
put: t(X, Y) :- put(X, Y).
sum: sum(X, count<*>) :- t(X, _).
`;

test("rules change, rows stay, and derived tables are computed anew", () => {
  const { node } = new AskedNode(COUNTING);
  node.insert("put", ["a", 1]);
  node.insert("put", ["b", 2]);
  const report = replaceProgram(
    node,
    COUNTING.replace("put: t(X, Y) :- put(X, Y).", "put: t(Y, X) :- put(X, Y).")
      .replace("count<*>", "max<Y>")
      .replace("t(X, _)", "t(X, Y)"),
  );
  expect(report).toEqual({
    kept: [
      { table: "localAddr", rows: 1 },
      { table: "t", rows: 2 },
    ],
    derived: ["sum"],
    lost: [],
    added: [],
  });
  node.insert("put", ["c", "d"]);
  expect(rowsOf(node, "t", "sum")).toEqual([
    [
      ["a", 1],
      ["b", 2],
      ["d", "c"],
    ],
    [
      ["a", 1],
      ["b", 2],
      ["d", "c"],
    ],
  ]);
});

test("a table with another declaration starts anew, a missing one is deleted, a new one has its facts", () => {
  const { node } = new AskedNode(`
materialize(a, infinity, infinity, keys(1)).
materialize(b, infinity, infinity, keys(1)).
a(1). b(1).
`);
  const report = replaceProgram(
    node,
    `
materialize(a, 60, infinity, keys(1)).
materialize(c, infinity, infinity, keys(1)).
a(2). c(3).
`,
  );
  expect(report).toMatchObject({
    lost: [
      { table: "a", rows: 1, why: "declared otherwise" },
      { table: "b", rows: 1, why: "gone" },
    ],
    added: ["c"],
  });
  expect(rowsOf(node, "a", "b", "c")).toEqual([[[2]], undefined, [[3]]]);
});

test("rows and waiting inputs that contradict a signature of the new program are dropped, named and counted", () => {
  const text = (type: string): string => `
o(${type}).
materialize(o, infinity, infinity, keys(1)).
pair(any, ${type}).
materialize(pair, infinity, infinity, keys(1)).
materialize(free, infinity, infinity, keys(1)).
materialize(twice, infinity, infinity, keys(1)).
a: twice(X) :- o(X).
`;
  const log: string[] = [];
  const { node } = new AskedNode(text("number"), { onLog: (message) => log.push(message) });
  for (const number of [1, 2]) node.insert("o", [number]);
  node.insert("pair", ["a", 1]);
  node.insert("free", [1]);
  const report = replaceProgram(node, text("string"));
  expect(report?.lost).toEqual([
    { table: "o", rows: 2, why: "wrong type" },
    { table: "pair", rows: 1, why: "wrong type" },
  ]);
  expect(report?.kept).toContainEqual({ table: "free", rows: 1 });
  expect(log).toEqual([
    "`o` lost 2 rows whose values contradict its new signature",
    "`pair` lost 1 row whose values contradict its new signature",
  ]);
  expect(rowsOf(node, "o", "pair", "free", "twice")).toEqual([[], [], [[1]], []]);
});

test("removed facts are deleted, new ones inserted, and rows deleted since stay deleted", () => {
  const text = (facts: string): string => `materialize(t, infinity, infinity, keys(1)).\n${facts}\n`;
  const { node } = new AskedNode(text('t("stays", 1). t("goes", 1). t("deleted", 1). t("changed", 1).'));
  node.delete("t", ["deleted", 0]);
  node.insert("t", ["changed", 2]);
  replaceProgram(node, text('t("stays", 1). t("deleted", 1). t("comes", 1).'));
  expect(rowsOf(node, "t")[0]?.map(([name, value]) => [name, value])).toEqual([
    ["stays", 1],
    ["changed", 2],
    ["comes", 1],
  ]);
});

test("only rows that differ from before trigger rules", () => {
  const program = (more: string): string => `
materialize(t, infinity, infinity, keys(1)).
materialize(v, infinity, infinity, keys(1)).
materialize(heard, infinity, infinity, keys(1,2)).
t(1). t(2).
v: v(X) :- t(X).
h1: heard("t", X) :- inserted(X), t(X).
r1: inserted(X) :- t(X).
r2: seen(X) :- v(X).
h2: heard("v", X) :- seen(X).
${more}`;
  const lines: string[] = [];
  const { node } = new AskedNode(program(""), {
    watch: ["v"],
    onWatch: ({ op, tuple }) => lines.push(`${op} ${JSON.stringify(tuple[1])}`),
  });
  for (const row of node.rows("heard") ?? []) node.delete("heard", row);
  lines.length = 0;
  replaceProgram(node, program("v2: v(X + 10) :- t(X)."));
  expect(node.rows("heard")).toEqual([
    ["v", 11],
    ["v", 12],
  ]);
  expect(lines).toEqual(["+ 11", "+ 12"]);
  lines.length = 0;
  replaceProgram(node, program(""));
  expect(lines).toEqual(["- 11", "- 12"]);
});

test("lifetimes continue, and so do timers of both programs", () => {
  const program = (more: string): string => `
materialize(t, 10, infinity, keys(1)).
materialize(ticks, infinity, infinity, keys(1)).
p: ticks(E) :- periodic(E, 4).
g: t(X) :- give(X).
${more}`;
  const asked = new AskedNode(program(""));
  const { node, clock } = asked;
  node.insert("give", [1]);
  clock.advance(6);
  replaceProgram(node, program("q: more(E) :- periodic(E, 1)."));
  const [given, [[first] = []] = []] = rowsOf(node, "t", "ticks");
  expect(given).toEqual([[1]]);
  clock.advance(2.5);
  expect(rowsOf(node, "ticks")).toEqual([[[first], [Number(first) + 1]]]);
  clock.advance(2);
  expect(rowsOf(node, "t")).toEqual([[]]);
});

test("a pending call of a view returns to its rule if the rule has not changed", () => {
  const program = (more: string): string =>
    `
materialize(got, infinity, infinity, keys(1)).
c: got(X, Y) :- ask(X), later(X, &Y).
def later(X, &Y) timeout(5) {
  l1: this.return(Y) :- this.Req(Y).
  l2: this.Req@"10.0.0.9:1"(X) :- this.init(X).
}
${more}`;
  const { node } = new AskedNode(program(""));
  node.insert("ask", ["x"]);
  const [context] = node.plan.predicates.filter(({ name }) => name.startsWith("c?"));
  const before = node.rows(context?.name ?? "");
  expect(before).toHaveLength(1);
  replaceProgram(node, program("n: news(X) :- ask(X)."));
  expect(node.rows(context?.name ?? "")).toEqual(before);
  replaceProgram(node, program("").replace("got(X, Y) :- ask(X)", "got(Y, X) :- ask(X), X != 7"));
  expect(node.rows(context?.name ?? "")).toEqual([]);
});

test("rules that exceed a limit under the new program leave the node as it was", () => {
  const { node } = new AskedNode(COUNTING);
  node.insert("put", ["a", 1]);
  const steps = node.counters.engine.steps;
  const endless = "go(1).\nendless: go(X + 1) :- go(X).\n";
  expect(replaceProgram(node, `${COUNTING}${endless}`)).toBeUndefined();
  expect(node.counters.engine.steps).toBe(steps);
  node.insert("put", ["b", 2]);
  expect(rowsOf(node, "sum")).toEqual([
    [
      ["a", 1],
      ["b", 1],
    ],
  ]);
});

test("counters continue", () => {
  const { node } = new AskedNode(`${COUNTING}tell: put@"there:1"(X, Y) :- put(X, Y).`);
  for (let n = 0; n < 5; n++) node.insert("put", [n, n]);
  const fired = (): number | undefined => node.metrics().rules.find(({ rule }) => rule === "put")?.firings;
  const passed = (): number => node.metrics().elements.reduce((sum, element) => sum + element.in, 0);
  expect(fired()).toBe(5);
  const before = passed();
  const sent = node.metrics().ways;
  expect(sent).toEqual({ local: 0, ip: 5, overlay: 0 });
  replaceProgram(node, COUNTING);
  expect(node.metrics().ways).toEqual(sent);
  expect(fired()).toBe(5);
  expect(passed()).toBeGreaterThanOrEqual(before);
});

test("random streams continue: no query id and no draw occurs twice", () => {
  const program = "materialize(r, infinity, infinity, keys(1)).\nd: r(X) :- draw(_), X := f_rand().\n";
  const { node } = new AskedNode(program);
  node.insert("draw", [1]);
  replaceProgram(node, program);
  node.insert("draw", [2]);
  expect(node.rows("r")).toHaveLength(2);
});

test("a simulated RON that reloads its own program again and again sends the same bytes as without", () => {
  const run = (exchanges: number): string => {
    const ron = new RonNetwork(3, "fast", 7, { delay: 0.02, jitter: 0.01, loss: 0.02 });
    for (let second = 1; second <= 20; second++) {
      ron.simulation.runUntil(second + 0.013);
      for (const address of exchanges === 0 ? [] : ron.addresses) {
        const node = ron.node(address);
        expect(node.replaceProgram(loadProgram(node.plan), [])).toMatchObject({ lost: [], added: [] });
      }
    }
    expect(ron.simulation.network.delivered).toBeGreaterThan(500);
    return ron.simulation.traceHash();
  };
  expect(run(1)).toBe(run(0));
});

test("rows derived for other nodes survive a hot reload: no route changes, and a cut is still noticed", () => {
  const addresses = addressesOf(4);
  const [a, b, c, d] = addresses as [string, string, string, string];
  const links = [
    [a, b],
    [b, c],
    [c, d],
    [d, a],
  ].flatMap(([one, other]) => [
    [one, other, 1],
    [other, one, 1],
  ]) as readonly (readonly [string, string, number])[];
  const facts = (me: string): readonly Fact[] =>
    links.filter(([from]) => from === me).map((args) => ({ predicate: "link", args }));
  const network = new ProgramNetwork({ program: "programs/dv.mzl", addresses, facts });
  network.pass(10);
  const routes = (): readonly string[] =>
    addresses.flatMap((address) => network.rows(address, "best").map((row) => JSON.stringify(row))).toSorted();
  const before = routes();
  expect(before).toHaveLength(12);
  for (const address of [a, c]) {
    const node = network.node(address);
    expect(node.replaceProgram(loadProgram(node.plan), facts(address))).toMatchObject({ lost: [] });
    expect(routes()).toEqual(before);
  }
  for (let seconds = 0; seconds < 60; seconds += 5) {
    network.pass(5);
    expect(routes()).toEqual(before);
  }
  network.node(a).delete("link", [a, b, 1]);
  network.node(b).delete("link", [b, a, 1]);
  network.pass(10);
  expect(network.rows(a, "best").find(([, to]) => to === b)).toEqual([a, b, d, 3]);
});

test("the table of overlays follows the loaded files", () => {
  const reader = "names: known(N) :- overlays(N).\nmaterialize(known, infinity, infinity, keys(1)).\n";
  const overlay = (name: string): string => `${name}.recv(P) :- ${name}.send(_, P).\n`;
  const { node } = new AskedNode(reader + overlay("one"));
  expect(rowsOf(node, "overlays", "known")).toEqual([[["one"]], [["one"]]]);
  replaceProgram(node, reader + overlay("one") + overlay("two"));
  expect(rowsOf(node, "overlays", "known")).toEqual([
    [["one"], ["two"]],
    [["one"], ["two"]],
  ]);
  replaceProgram(node, reader + overlay("two"));
  expect(rowsOf(node, "overlays", "known")).toEqual([[["two"]], [["two"]]]);
  replaceProgram(node, reader);
  expect(rowsOf(node, "overlays", "known")).toEqual([[], []]);
});
