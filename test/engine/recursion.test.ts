/** Recursive derived tables against reference algorithms, after random insertions and deletions. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram, type Program } from "../../runtime/node/program.ts";
import type { Plan } from "../../runtime/plan/contract/plan.ts";
import { manualWorld } from "../session/manual-world.ts";

const PROGRAM = `
materialize(node, infinity, infinity, keys(1)).
materialize(edge, infinity, infinity, keys(1,2)).
materialize(reach, infinity, infinity, keys(1,2)).
materialize(both, infinity, infinity, keys(1,2)).
materialize(odd, infinity, infinity, keys(1,2)).
materialize(even, infinity, infinity, keys(1,2)).
materialize(apart, infinity, infinity, keys(1,2)).
materialize(lonely, infinity, infinity, keys(1)).
materialize(path, infinity, infinity, keys(1,2,3,4)).
materialize(best, infinity, infinity, keys(1,2)).
materialize(reached, infinity, infinity, keys(1)).

r1: reach(X, Y) :- edge(X, Y, _).
r2: reach(X, Z) :- edge(X, Y, _), reach(Y, Z).

% not linear, and with a symmetric rule
b1: both(X, Y) :- edge(X, Y, _).
b2: both(Y, X) :- both(X, Y).
b3: both(X, Z) :- both(X, Y), both(Y, Z).

o1: odd(X, Y) :- edge(X, Y, _).
o2: odd(X, Z) :- even(X, Y), edge(Y, Z, _).
o3: even(X, Z) :- odd(X, Y), edge(Y, Z, _).

a: apart(X, Y) :- node(X), node(Y), !reach(X, Y).
l: lonely(X) :- node(X), !both(_, X).

p1: path(X, Y, Y, C) :- edge(X, Y, C).
p2: path(X, Z, Y, C) :- edge(X, Y, C1), best(Y, Z, C2, _), C := C1 + C2.
p3: best(X, Y, min<C>, N) :- path(X, Y, N, C).

n: reached(X, count<*>) :- reach(X, _).
`.replaceAll("%", "//");

function compiled(text: string): Program {
  const library = new FileLibrary();
  library.addText("recursion", text);
  const { plan, diagnostics } = compile(["recursion"], library, { defines: new Map(), dialect: undefined });
  expect(diagnostics).toEqual([]);
  return loadProgram(plan as Plan);
}

type Edge = readonly [from: number, to: number, cost: number];
type Rows = readonly (readonly number[])[];

/** Pairs of nodes joined by a walk with an odd, and with an even, number of edges: [odd, even]. */
function walks(edges: readonly Edge[]): { odd: Rows; even: Rows } {
  const found = new Map<string, readonly [number, number, number]>(edges.map(([x, y]) => [`${x},${y},1`, [x, y, 1]]));
  for (const [, [x, y, parity]] of found) {
    for (const [from, to] of edges) if (from === y) found.set(`${x},${to},${1 - parity}`, [x, to, 1 - parity]);
  }
  const of = (parity: number): Rows => [...found.values()].filter((one) => one[2] === parity).map(([x, y]) => [x, y]);
  return { odd: of(1), even: of(0) };
}

function expected(nodes: Rows, edges: readonly Edge[]): Readonly<Record<string, Rows>> {
  const { odd, even } = walks(edges);
  const reach = distinct([...odd, ...even]);
  const undirected = edges.flatMap(([x, y, c]): Edge[] => [
    [x, y, c],
    [y, x, c],
  ]);
  const either = walks(undirected);
  const both = distinct([...either.odd, ...either.even]);
  const best = cheapest(edges);
  const path = edges.flatMap(([x, y, c]) => [
    [x, y, y, c],
    ...best.filter(([from]) => from === y).map(([, z = 0, more = 0]) => [x, z, y, c + more]),
  ]);
  const starts = distinct(reach.map(([x = 0]) => [x]));
  return {
    reach,
    both,
    odd,
    even,
    apart: nodes.flatMap(([x = 0]) => nodes.map(([y = 0]) => [x, y])).filter((pair) => !holds(reach, pair)),
    lonely: nodes.filter(([x]) => !both.some(([, y]) => y === x)),
    best: best.map(([x = 0, y = 0, c = 0]) => {
      const next = path
        .filter(([from, to, , cost]) => from === x && to === y && cost === c)
        .map(([, , via = 0]) => via);
      return [x, y, c, Math.min(...next)];
    }),
    path: distinct(path),
    reached: starts.map(([x = 0]) => [x, reach.filter(([from]) => from === x).length]),
  };
}

/** Bellman-Ford, until nothing changes. */
function cheapest(edges: readonly Edge[]): Rows {
  const costs = new Map<string, number[]>();
  for (let changed = true; changed; ) {
    changed = false;
    for (const [x, y, c] of edges) {
      const onward = [...costs.values()].filter(([from]) => from === y).map(([, z = 0, more = 0]) => [x, z, c + more]);
      for (const [from = 0, to = 0, cost = 0] of [[x, y, c], ...onward]) {
        const known = costs.get(`${from},${to}`)?.[2];
        if (known !== undefined && known <= cost) continue;
        costs.set(`${from},${to}`, [from, to, cost]);
        changed = true;
      }
    }
  }
  return [...costs.values()];
}

function holds(rows: Rows, wanted: readonly number[]): boolean {
  return rows.some((row) => row.join() === wanted.join());
}

function distinct(rows: Rows): Rows {
  return [...new Map(rows.map((row) => [row.join(), row])).values()];
}

function asText(views: readonly (readonly [string, Rows])[]): string {
  return views.map(([view, rows]) => `${view}: ${sorted(rows).join(" ")}`).join("\n");
}

function sorted(rows: Rows): readonly string[] {
  return rows.map((row) => row.join()).toSorted();
}

const value = fc.integer({ min: 0, max: 4 });
const change = fc.oneof(
  { weight: 1, arbitrary: fc.record({ table: fc.constant("node"), isDelete: fc.boolean(), row: fc.tuple(value) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      table: fc.constant("edge"),
      isDelete: fc.boolean(),
      row: fc.tuple(value, value, fc.integer({ min: 0, max: 3 })),
    }),
  },
);
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never;

test("recursive derived tables are the least fixpoint of their rules, after every change", () => {
  const program = compiled(PROGRAM);
  const check = (changes: readonly Change[]): void => {
    const node = new Node(program, manualWorld("here:1"), { names: ["here:1"], facts: [], watch: [] });
    node.start();
    const rows = (table: string): Rows => (node.rows(table) ?? []) as Rows;
    for (const { table, isDelete, row } of changes) {
      if (isDelete) node.delete(table, row);
      else node.insert(table, row);
      const wanted = expected(rows("node"), rows("edge") as unknown as Edge[]);
      const found = Object.keys(wanted).map((view) => [view, rows(view)] as const);
      expect(asText(found)).toBe(asText(Object.entries(wanted)));
    }
  };
  fc.assert(fc.property(fc.array(change, { maxLength: 40 }), check), { numRuns: 80, endOnFailure: true });
});

const MANY = `
n1: node(X) :- go(X).
e1: edge(X, Y, 1) :- go(X), Y := (X + 1) % 5.
e2: delete edge(Y, X, 0) :- go(X), Y := X % 3.
g: go(Y) :- node(X), Y := X + 1.
r: go(X) :- run(X).
`;

test("a step that exceeds its limit leaves recursive tables as they were", () => {
  const program = compiled(`${PROGRAM}${MANY}`);
  const check = (changes: readonly Change[]): void => {
    const settings = { names: ["here:1"], facts: [], watch: [], limits: { rounds: 12 } };
    const node = new Node(program, manualWorld("here:1"), settings);
    node.start();
    const tables = ["node", "edge", "reach", "both", "odd", "even", "apart", "lonely", "path", "best", "reached"];
    const state = (): unknown => tables.map((table) => [table, sorted((node.rows(table) ?? []) as Rows)]);
    for (const { isDelete, row } of changes.filter(({ table }) => table === "edge")) {
      if (isDelete) node.delete("edge", row);
      else node.insert("edge", row);
      const before = state();
      node.insert("run", [0]);
      expect(state()).toEqual(before);
    }
  };
  fc.assert(fc.property(fc.array(change, { maxLength: 12 }), check), { numRuns: 20 });
});
