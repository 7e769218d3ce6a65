/**
 * Recursive `min` and `max` over costs of all signs, with and without winner columns: the result of a reference algorithm after every
 * change, in a number of rule runs that is proportional to the rows.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";
import { Node } from "../../runtime/node/node.ts";
import { loadProgram, type Program } from "../../runtime/node/program.ts";
import { manualWorld } from "../session/manual-world.ts";

const NODES = 6;
/** Greatest number of rule runs of one change, for each row of the recursive tables before and after it. */
const RUNS_PER_ROW = 16;
/** Greatest number of rule runs of a change that moves no row. */
const RUNS_AT_LEAST = 16;

interface Shape {
  readonly title: string;
  /** Columns of `path` and `best` between node and cost. The reference computes their values. */
  readonly winner: "origin" | "hop" | "none";
  readonly isLeast: boolean;
  readonly costs: readonly number[];
  /** Key columns of `path`; all columns if it is absent. */
  readonly pathKeys?: string;
  /** Cost of the rows of `own`, and a bound that no sum of it and other costs passes: costs that better themselves reach it. */
  readonly start?: number;
  readonly bound?: number;
  /** Lifetime of `edge` and `own`, whose rows are then refreshed. */
  readonly lifetime?: number;
}

const SHAPES: readonly Shape[] = [
  { title: "min with winner, costs of zero", winner: "origin", isLeast: true, costs: [0] },
  { title: "min with winner, costs of zero and one", winner: "origin", isLeast: true, costs: [0, 0, 1] },
  { title: "min with the last hop as winner", winner: "hop", isLeast: true, costs: [0, 0, 1] },
  { title: "min without winner", winner: "none", isLeast: true, costs: [0, 0, 1] },
  { title: "max with winner, costs of zero", winner: "origin", isLeast: false, costs: [0] },
  { title: "max with winner, costs of zero and less", winner: "origin", isLeast: false, costs: [0, 0, -1] },
  { title: "max with the last hop as winner", winner: "hop", isLeast: false, costs: [0, 0, -1] },
  { title: "max without winner", winner: "none", isLeast: false, costs: [0, 0, -1] },
  {
    title: "min with a key narrower than its columns",
    winner: "origin",
    isLeast: true,
    costs: [0, 0, 1],
    pathKeys: "1,2",
  },
  { title: "min without winner and with a narrow key", winner: "none", isLeast: true, costs: [0, 0, 1], pathKeys: "1" },
  { title: "min without winner, negative costs", winner: "none", isLeast: true, costs: [-1, 0, 1], start: 2, bound: 0 },
  {
    title: "max without winner, positive costs",
    winner: "none",
    isLeast: false,
    costs: [-1, 0, 1],
    start: 0,
    bound: 2,
  },
  { title: "min of rows that are refreshed", winner: "origin", isLeast: true, costs: [0, 0, 1], lifetime: 100 },
];

function programOf({ winner, isLeast, pathKeys, bound, lifetime }: Shape): Program {
  const life = lifetime ?? "infinity";
  const [own, before, after] = { origin: ["N, ", "N, ", "N, "], hop: ["N, ", "_, ", "V, "], none: ["", "", ""] }[
    winner
  ];
  const sum = bound === undefined ? "A + F" : `${isLeast ? "f_max" : "f_min"}(A + F, ${bound})`;
  const keys = pathKeys ?? (winner === "none" ? "1,2" : "1,2,3");
  return compiled(`
materialize(own, ${life}, infinity, keys(1)).
materialize(edge, ${life}, infinity, keys(1,2)).
materialize(path, infinity, infinity, keys(${keys})).
materialize(best, infinity, infinity, keys(1)).
p1: path(N, ${own}C) :- own(N, C).
p2: path(D, ${after}C) :- best(V, ${before}A), edge(V, D, F), C := ${sum}.
p3: best(D, ${own}${isLeast ? "min" : "max"}<C>) :- path(D, ${own}C).
`);
}

function compiled(text: string): Program {
  const library = new FileLibrary();
  library.addText("costs", text);
  const { plan, diagnostics } = compile(["costs"], library, { defines: new Map(), dialect: undefined });
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return loadProgram(plan);
}

type Row = readonly number[];

/** The best rows by repeated derivation from the best rows of the round before. */
function expected({ winner, isLeast, bound }: Shape, own: readonly Row[], edges: readonly Row[]): readonly Row[] {
  const isBetter = (one: Row, other: Row): boolean => {
    const [cost = 0, than = 0] = [one.at(-1), other.at(-1)];
    if (cost !== than) return isLeast ? cost < than : cost > than;
    return (one[1] as number) < (other[1] as number);
  };
  let best = new Map<number, Row>();
  for (let before = ""; before !== JSON.stringify([...best.values()]); ) {
    before = JSON.stringify([...best.values()]);
    const paths = own.map(([node = 0, cost = 0]): Row => (winner === "none" ? [node, cost] : [node, node, cost]));
    for (const [via = 0, to = 0, more = 0] of edges) {
      const near = best.get(via);
      if (near === undefined) continue;
      const sum = (near.at(-1) as number) + more;
      const cost = bound === undefined ? sum : isLeast ? Math.max(sum, bound) : Math.min(sum, bound);
      paths.push(winner === "none" ? [to, cost] : [to, winner === "hop" ? via : (near[1] as number), cost]);
    }
    const next = new Map<number, Row>();
    for (const path of paths) {
      const known = next.get(path[0] as number);
      if (known === undefined || isBetter(path, known)) next.set(path[0] as number, path);
    }
    best = new Map([...next].toSorted(([one], [other]) => one - other));
  }
  return [...best.values()];
}

const node = fc.integer({ min: 0, max: NODES - 1 });
const table = fc.constantFrom<"own" | "edge">("own", "edge", "edge", "edge");
const change = fc.record({ table, isDelete: fc.boolean(), from: node, to: node, cost: fc.nat() });
type Change = typeof change extends fc.Arbitrary<infer Value> ? Value : never;

function rowOf({ costs, start = 0 }: Shape, { table, from, to, cost }: Change): Row {
  return table === "own" ? [from, start] : [from, to, costs[cost % costs.length] as number];
}

/** Applies the changes one by one. Returns those after which the best rows differ from the reference, or too many rules ran. */
function faults(shape: Shape, program: Program, changes: readonly Change[]): readonly unknown[] {
  const one = new Node(program, manualWorld("here:1"), { names: ["here:1"], facts: [], watch: [] });
  one.start();
  const rows = (table: string): readonly Row[] => (one.rows(table) ?? []) as readonly Row[];
  const size = (): number => rows("path").length + rows("best").length;
  const runs = (): number => one.metrics().rules.reduce((sum, { firings }) => sum + firings, 0);
  return changes.flatMap((each) => {
    const [sizeBefore, runsBefore] = [size(), runs()];
    const row = rowOf(shape, each);
    if (each.isDelete) one.delete(each.table, row);
    else one.insert(each.table, row);
    const found = rows("best").toSorted(([a = 0], [b = 0]) => a - b);
    const wanted = expected(shape, rows("own"), rows("edge"));
    const [ran, most] = [runs() - runsBefore, RUNS_AT_LEAST + RUNS_PER_ROW * (sizeBefore + size())];
    const isRight = JSON.stringify(found) === JSON.stringify(wanted) && ran <= most;
    return isRight ? [] : [{ each, found, wanted, ran, most }];
  });
}

/** A circle of all nodes, both ways round, and an own row at each. */
function circle(): readonly Change[] {
  const all = Array.from({ length: NODES }, (_, at) => at);
  const insert = (table: Change["table"], from: number, to: number): Change => ({
    table,
    isDelete: false,
    from,
    to,
    cost: 0,
  });
  return [
    ...all.flatMap((at) => [insert("edge", at, (at + 1) % NODES), insert("edge", (at + 1) % NODES, at)]),
    ...all.map((at) => insert("own", at, at)),
  ];
}

describe.for(SHAPES)("$title", (shape) => {
  const program = programOf(shape);

  test("a circle settles after each deletion and insertion", () => {
    const undone = circle().map((each) => ({ ...each, isDelete: true }));
    const inserted = circle();
    const back = [...inserted, ...undone.toReversed().slice(0, NODES), ...inserted, ...undone];
    expect(faults(shape, program, back)).toEqual([]);
    expect(undone.flatMap((deletion) => faults(shape, program, [...inserted, deletion]))).toEqual([]);
  });

  test("random changes give the results of the reference", () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        expect(faults(shape, program, changes)).toEqual([]);
      }),
      { numRuns: 20, endOnFailure: true },
    );
  });
});
