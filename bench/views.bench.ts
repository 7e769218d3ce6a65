import { ALL_OPTIMISATIONS, type ViewOptimisations } from "../src/program/view-optimisations.ts";
import { type Comparison, compare } from "./harness/figure.ts";
import { oneNode } from "./harness/one-node.ts";
import { report } from "./harness/report.ts";
import { measureInRounds, ROUNDS, seconds } from "./harness/rounds.ts";

/**
 * Measures the gain of each optimisation of view calls: calls of a local view with and without it, and the same rule without
 * a view.
 */
const CALLS = 50_000;
const IS_QUICK = process.argv.includes("--quick");

const VIEW = "def square(X, &Y) { s: this.return(Y) :- this.init(X), Y := X * X. }\n";
const CALL = `${VIEW}r: out(Y) :- in(X), square(X, &Y).\n`;
/** A second rule subscribes to the event, so the step holds more than the call. */
const CALL_AMONG_OTHERS = `${CALL}other: seen(X) :- in(X).\n`;
const NO_CALL = "r: out(Y) :- in(X), Y := X * X.\n";

const WAITING: ViewOptimisations = { ...ALL_OPTIMISATIONS, inlineViews: false };
const BY_STEPS: ViewOptimisations = { ...ALL_OPTIMISATIONS, localShortcut: false };

function caller(text: string, optimisations: ViewOptimisations): () => Promise<number> {
  const { node, simulation } = oneNode(text, optimisations);
  return async () => {
    const taken = await seconds(() => {
      for (let call = 0; call < CALLS; call++) node.insert("in", [call]);
      simulation.runUntil(simulation.now + 1);
    });
    return CALLS / taken;
  };
}

async function compareCalls(
  figure: string,
  ours: () => Promise<number>,
  name: string,
  peer: () => Promise<number>,
): Promise<Comparison> {
  const sides = [
    { name: "ours", measure: ours },
    { name: "peer", measure: peer },
  ];
  const samples = await measureInRounds(sides, IS_QUICK ? 1 : ROUNDS);
  const [value, reference] = ["ours", "peer"].map((side) => samples.get(side)?.median ?? NaN);
  return compare("views", figure, "calls/s", value ?? NaN, { value: reference ?? NaN, name });
}

report([
  await compareCalls(
    "inline",
    caller(CALL_AMONG_OTHERS, BY_STEPS),
    "--no-inline-views",
    caller(CALL_AMONG_OTHERS, WAITING),
  ),
  await compareCalls("local shortcut", caller(CALL, ALL_OPTIMISATIONS), "--no-local-shortcut", caller(CALL, BY_STEPS)),
  await compareCalls(
    "both",
    caller(CALL, ALL_OPTIMISATIONS),
    "a rule without a view",
    caller(NO_CALL, ALL_OPTIMISATIONS),
  ),
]);
