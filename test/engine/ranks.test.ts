/** Deletions in recursive derived tables with ranks: what they cost, and that an undone step restores the ranks. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Limits } from "../../runtime/engine/limits/limits.ts";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram, type Program } from "../../runtime/node/program.ts";
import type { Plan } from "../../runtime/plan/contract/plan.ts";
import type { Values } from "../../runtime/plan/values/value.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";
import { manualWorld } from "../session/manual-world.ts";

const TABLES = `
materialize(edge, infinity, infinity, keys(1,2)).
materialize(reach, infinity, infinity, keys(1,2)).
b1: edge(X, Y) :- batch(L, _), [X, Y] <- L.
b2: delete edge(X, Y) :- batch(_, L), [X, Y] <- L.
r1: reach(X, Y) :- edge(X, Y).
`;
const LINEAR = `${TABLES}r2: reach(X, Z) :- edge(X, Y), reach(Y, Z).`;
const NONLINEAR = `${TABLES}r2: reach(X, Z) :- reach(X, Y), reach(Y, Z).`;

function compiled(text: string): Program {
  const library = new FileLibrary();
  library.addText("ranks", text);
  const { plan } = compile(["ranks"], library, { defines: new Map(), dialect: undefined });
  return loadProgram(plan as Plan);
}

function started(program: Program, limits: Partial<Limits> = {}): Node {
  const node = new Node(program, manualWorld("here:1"), { names: ["here:1"], facts: [], watch: [], limits });
  node.start();
  return node;
}

/** Returns the number of strands that the node has run. */
function strandRuns(node: Node): number {
  return node.counters.engine.fired.reduce((sum, runs) => sum + runs, 0);
}

test("an edge that leaves a cyclic graph touches only the rows that depend on it", () => {
  const size = 20;
  const nodes = [...Array(size).keys()];
  const edges = nodes.flatMap((at) => [1, 2].map((step) => [at, (at + step) % size]));
  const node = started(compiled(LINEAR));
  node.insert("batch", [edges, []]);
  const before = strandRuns(node);
  node.insert("batch", [[], [[0, 1]]]);
  expect(node.rows("reach")).toHaveLength(size * size);
  expect(strandRuns(node) - before).toBeLessThan(size);
});

const vertex = fc.integer({ min: 0, max: 4 });
const edgeList = fc.array(fc.tuple(vertex, vertex), { maxLength: 6 });
const batches = fc.array(fc.tuple(edgeList, edgeList), { maxLength: 30 });

test.for([
  { rules: "linear", text: LINEAR },
  { rules: "nonlinear", text: NONLINEAR },
])("$rules rules derive the closure after steps that a limit has undone", ({ text }) => {
  const program = compiled(text);
  let stopped = 0;
  const check = (changes: readonly (readonly [Values, Values])[]): void => {
    const node = started(program, { derivations: 40 });
    for (const batch of changes) {
      node.insert("batch", batch);
      expect(pairs(node, "reach").toSorted()).toEqual(closure(pairs(node, "edge")).toSorted());
    }
    stopped += node.counters.engine.stopped;
  };
  fc.assert(fc.property(batches, check), { numRuns: 100 });
  expect(stopped).toBeGreaterThan(0);
});

/** Returns the rows of a table of pairs as texts, such as `1 2`. */
function pairs(node: Node, table: string): readonly string[] {
  return (node.rows(table) ?? []).map(([from, to]) => `${Number(from)} ${Number(to)}`);
}

function closure(edges: readonly string[]): readonly string[] {
  const found = new Set(edges);
  for (const pair of found) {
    const [from, to] = pair.split(" ");
    for (const edge of edges) if (edge.startsWith(`${to} `)) found.add(`${from} ${edge.split(" ")[1]}`);
  }
  return [...found];
}
