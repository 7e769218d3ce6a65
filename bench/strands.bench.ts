import { compare } from "./harness/figure.ts";
import { oneNode } from "./harness/one-node.ts";
import { report } from "./harness/report.ts";
import { measureInRounds, ROUNDS, seconds } from "./harness/rounds.ts";

/**
 * Compares a rule with a hand-written loop. An event joins three tables of 10,000 rows, with one match each; the loop uses
 * three Maps.
 */
const ROWS = 10_000;
const EVENTS = 100_000;
const IS_QUICK = process.argv.includes("--quick");

const PROGRAM = `
materialize(t1, infinity, infinity, keys(1)).
materialize(t2, infinity, infinity, keys(1)).
materialize(t3, infinity, infinity, keys(1)).
load: t1(X, X) :- fill(X).
l2: t2(X, X) :- fill(X).
l3: t3(X, X) :- fill(X).
r: out(D) :- in(A), t1(A, B), t2(B, C), t3(C, D).
`;

function engineRun(): () => void {
  const { node } = oneNode(PROGRAM);
  for (let row = 0; row < ROWS; row++) node.insert("fill", [row]);
  return () => {
    for (let event = 0; event < EVENTS; event++) node.insert("in", [event % ROWS]);
  };
}

function loopRun(): () => void {
  const tables = [1, 2, 3].map(() => new Map(Array.from({ length: ROWS }, (_, row) => [row, [row, row] as const])));
  const [t1, t2, t3] = tables as [Map<number, readonly [number, number]>, (typeof tables)[0], (typeof tables)[0]];
  let sum = 0;
  return () => {
    for (let event = 0; event < EVENTS; event++) {
      const b = t1.get(event % ROWS)?.[1] ?? 0;
      const c = t2.get(b)?.[1] ?? 0;
      sum += t3.get(c)?.[1] ?? 0;
    }
    if (sum < 0) throw new Error("unreachable");
  };
}

const samples = await measureInRounds(
  [
    { name: "engine", measure: perSecond(engineRun()) },
    { name: "loop", measure: perSecond(loopRun()) },
  ],
  IS_QUICK ? 1 : ROUNDS,
);
const [engine, loop] = ["engine", "loop"].map((name) => samples.get(name)?.median ?? NaN);
const reference = { value: loop ?? NaN, name: "a loop by hand" };
report([compare("strands", "three-table join", "events/s", engine ?? NaN, reference)]);

function perSecond(run: () => void): () => Promise<number> {
  return async () => EVENTS / (await seconds(run));
}
