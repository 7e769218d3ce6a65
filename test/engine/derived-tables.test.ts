import fc from "fast-check";
import { expect, test } from "vitest";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram } from "../../runtime/node/program.ts";
import type { Plan } from "../../runtime/plan/contract/plan.ts";
import { manualWorld } from "../session/manual-world.ts";

const PROGRAM = `
materialize(a, infinity, infinity, keys(1)).
materialize(b, infinity, infinity, keys(1,2)).
materialize(joined, infinity, infinity, keys(1,2)).
materialize(twice, infinity, infinity, keys(1,2)).
materialize(either, infinity, infinity, keys(1)).
materialize(low, infinity, infinity, keys(1)).
materialize(number, infinity, infinity, keys(1)).
materialize(upon, infinity, infinity, keys(1,2)).
j: joined(X, Z) :- a(X, Y), b(Y, Z), X != Z.
t: twice(X, Z) :- b(X, Y), b(Y, Z).
e: either(X) :- a(X, _).
f: either(X) :- b(X, _).
l: low(Y, min<Z>) :- b(Y, Z).
n: number(X, count<*>) :- a(X, Y), b(Y, _).
u: upon(X, N) :- low(X, N), number(N, _).
`;

/** Program whose rounds never end: the rows of each round trigger the next. */
const RUNAWAY = `
materialize(c, infinity, infinity, keys(1)).
r: go(X) :- run(X).
c1: c(X) :- go(X).
a1: a(X, Y) :- go(X), Y := X % 5.
b1: b(X, X) :- go(X), X < 5.
b2: delete b(Y, X) :- go(X), Y := X % 3.
q: go(Y) :- c(X), Y := X + 1.
`;

type Pair = readonly [number, number];
type Rows = readonly (readonly number[])[];

/** Naive evaluation: computes all derived tables anew from the two base tables. */
function expected(a: Rows, b: Rows): Readonly<Record<string, Rows>> {
  const joins = a.flatMap(([x = 0, y]) => b.filter(([from]) => from === y).map(([, z = 0]): Pair => [x, z]));
  const low = groups(b).map(([y, zs]): Pair => [y, Math.min(...zs)]);
  const number = groups(joins).map(([x, zs]): Pair => [x, zs.length]);
  return {
    joined: joins.filter(([x, z]) => x !== z),
    twice: b.flatMap(([x = 0, y]) => b.filter(([from]) => from === y).map(([, z = 0]): Pair => [x, z])),
    either: [...a, ...b].map(([x = 0]) => [x]),
    low,
    number,
    upon: low.filter(([, z]) => number.some(([x]) => x === z)),
  };
}

function groups(rows: Rows): readonly (readonly [number, readonly number[]])[] {
  const keys = [...new Set(rows.map(([key = 0]) => key))];
  return keys.map((key) => [key, rows.filter(([first]) => first === key).map(([, value = 0]) => value)]);
}

function sorted(rows: Rows): readonly string[] {
  return [...new Set(rows.map((row) => row.join()))].toSorted();
}

const value = fc.integer({ min: 0, max: 4 });
const change = fc.record({
  table: fc.constantFrom("a", "b"),
  isDelete: fc.boolean(),
  row: fc.tuple(value, value),
});

test("derived tables hold the rows that their rules derive, after every change", () => {
  const library = new FileLibrary();
  library.addText("views", PROGRAM);
  const { plan } = compile(["views"], library, { defines: new Map(), dialect: undefined });
  const program = loadProgram(plan as Plan);
  const check = (changes: readonly { table: string; isDelete: boolean; row: Pair }[]): void => {
    const node = new Node(program, manualWorld("here:1"), { names: ["here:1"], facts: [], watch: [] });
    node.start();
    const rows = (table: string): Rows => (node.rows(table) ?? []) as Rows;
    for (const { table, isDelete, row } of changes) {
      if (isDelete) node.delete(table, row);
      else node.insert(table, row);
      for (const [view, wanted] of Object.entries(expected(rows("a"), rows("b")))) {
        expect({ view, rows: sorted(rows(view)) }).toEqual({ view, rows: sorted(wanted) });
      }
    }
  };
  fc.assert(fc.property(fc.array(change, { maxLength: 40 }), check), { numRuns: 300 });
});

test("a step that exceeds its limit leaves every table as it was", () => {
  const library = new FileLibrary();
  library.addText("runaway", `${PROGRAM}${RUNAWAY}`);
  const { plan } = compile(["runaway"], library, { defines: new Map(), dialect: undefined });
  const program = loadProgram(plan as Plan);
  const check = (changes: readonly { table: string; isDelete: boolean; row: Pair }[]): void => {
    const settings = { names: ["here:1"], facts: [], watch: [], limits: { rounds: 12 } };
    const node = new Node(program, manualWorld("here:1"), settings);
    node.start();
    const views = ["a", "b", "joined", "twice", "either", "low", "number", "upon", "c"];
    const state = (): unknown => views.map((view) => [view, node.rows(view)]);
    for (const { table, isDelete, row } of changes) {
      if (isDelete) node.delete(table, row);
      else node.insert(table, row);
      const before = state();
      node.insert("run", [0]);
      expect(state()).toEqual(before);
    }
    expect(node.counters.engine.stopped).toBe(changes.length);
  };
  fc.assert(fc.property(fc.array(change, { maxLength: 15 }), check), { numRuns: 60 });
});
