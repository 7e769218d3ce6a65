import type { Limits } from "../runtime/engine/limits/limits.ts";
import type { Node } from "../runtime/node/node.ts";
import type { Values } from "../runtime/plan/values/value.ts";
import { ALL_OPTIMISATIONS } from "../src/program/view-optimisations.ts";
import { type Comparison, compare } from "./harness/figure.ts";
import { oneNode } from "./harness/one-node.ts";
import { report } from "./harness/report.ts";

/**
 * Measures whether the cost of a change follows the change in recursive derived tables: an edge leaves a graph and comes back, or gets
 * another cost. The reference computes the same tables from all edges at once.
 */
const IS_QUICK = process.argv.includes("--quick");
const EDGES_PER_NODE = 3;
const CLOSURE_NODES = IS_QUICK ? 60 : 1_000;
const PATH_NODES = IS_QUICK ? 30 : 300;
const COSTS = 1_000;
/** Changes of single edges. */
const CHANGES = IS_QUICK ? 5 : 30;
const COMPUTATIONS = IS_QUICK ? 1 : 3;

/** As in `mosaic eval`: a step may derive a whole table. */
const NO_LIMITS: Partial<Limits> = {
  derivations: Infinity,
  visits: Infinity,
  memory: Infinity,
  stepMemory: Infinity,
  computedRows: Infinity,
};

const CLOSURE = `
materialize(edge, infinity, infinity, keys(1,2)).
materialize(reach, infinity, infinity, keys(1,2)).
all: edge(X, Y) :- load(L), [X, Y, _] <- L.
into: edge(X, Y) :- add(X, Y, _).
out: delete edge(X, Y) :- remove(X, Y).
r1: reach(X, Y) :- edge(X, Y).
r2: reach(X, Z) :- edge(X, Y), reach(Y, Z).
`;

const SHORTEST = `
materialize(edge, infinity, infinity, keys(1,2)).
materialize(path, infinity, infinity, keys(1,2,3)).
materialize(best, infinity, infinity, keys(1,2)).
all: edge(X, Y, C) :- load(L), [X, Y, C] <- L.
into: edge(X, Y, C) :- add(X, Y, C).
r1: path(X, Y, C) :- edge(X, Y, C).
r2: path(X, Z, C) :- edge(X, Y, A), best(Y, Z, B), C := A + B.
r3: best(X, Z, min<C>) :- path(X, Z, C).
`;

type Edge = readonly [from: number, to: number, cost: number];

/** Returns a function that draws whole numbers below its argument. */
function drawing(seed: number): (most: number) => number {
  let state = seed;
  return (most) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}

/** Returns different random edges with random costs. */
function randomEdges(nodes: number, draw: (most: number) => number): readonly Edge[] {
  const edges = new Map<string, Edge>();
  while (edges.size < EDGES_PER_NODE * nodes) {
    const [from, to] = [draw(nodes), draw(nodes)];
    if (from !== to) edges.set(`${from} ${to}`, [from, to, 1 + draw(COSTS)]);
  }
  return [...edges.values()];
}

/** A way to change an edge: the event that does it. */
interface Change {
  readonly name: string;
  readonly event: string;
  readonly valuesFor: (edge: Edge, draw: (most: number) => number) => Values;
}

/** Computes the tables several times, then makes the changes to one edge after the other. Compares each change with the computation. */
function comparisonsOf(
  tables: string,
  program: string,
  nodes: number,
  changes: readonly Change[],
): readonly Comparison[] {
  const draw = drawing(7);
  const edges = randomEdges(nodes, draw);
  const computed: number[] = [];
  let node = started(program);
  for (let at = 0; at < COMPUTATIONS; at++) {
    node = started(program);
    computed.push(secondsOf(node, "load", [edges]));
  }
  const changed = new Map(changes.map((change) => [change, [] as number[]]));
  for (let at = 0; at < CHANGES; at++) {
    const edge = edges[draw(edges.length)] as Edge;
    for (const [{ event, valuesFor }, taken] of changed) {
      taken.push(secondsOf(node, event, valuesFor(edge, draw)));
    }
  }
  const reference = { value: 1 / median(computed), name: "computing all" };
  return [...changed].flatMap(([{ name }, taken]) => [
    compare("recursion", `${tables}, ${name}, median`, "updates/s", 1 / median(taken), reference),
    compare("recursion", `${tables}, ${name}, mean`, "updates/s", 1 / mean(taken), reference),
  ]);
}

function started(program: string): Node {
  return oneNode(program, ALL_OPTIMISATIONS, NO_LIMITS).node;
}

/** Returns the processor time of one event in seconds: a busy machine would prolong the long computation more than the short changes. */
function secondsOf(node: Node, event: string, values: Values): number {
  const before = process.cpuUsage();
  if (!node.insert(event, values)) throw new Error(`the node refused ${event}`);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? NaN;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

report([
  ...comparisonsOf(`closure of ${CLOSURE_NODES} nodes`, CLOSURE, CLOSURE_NODES, [
    { name: "an edge out", event: "remove", valuesFor: ([from, to]) => [from, to] },
    { name: "the edge into", event: "add", valuesFor: (edge) => edge },
  ]),
  ...comparisonsOf(`shortest paths of ${PATH_NODES} nodes`, SHORTEST, PATH_NODES, [
    { name: "a cost", event: "add", valuesFor: ([from, to], draw) => [from, to, 1 + draw(COSTS)] },
  ]),
]);
