import { fileURLToPath } from "node:url";
import type { Choice } from "../../lab/explorer/choice.ts";
import { ExhaustiveSearch, type Searchable } from "../../lab/explorer/exhaustive-search.ts";
import { StateSet } from "../../lab/explorer/state-set.ts";
import { FairRun } from "../../lab/explorer/fair-run.ts";
import type { System } from "../../lab/explorer/system.ts";
import { type Exploration, prepareExploration } from "../../src/cli/explore/prepare-exploration.ts";
import { compare } from "../harness/figure.ts";
import { report } from "../harness/report.ts";
import { measureInRounds, ROUNDS, seconds } from "../harness/rounds.ts";

/**
 * Measures the search of a Chord ring of four nodes, from a state 60 actions after the start: states a second by undo, and by replay of the
 * actions from the start.
 */
const IS_QUICK = process.argv.includes("--quick");
const STATES = IS_QUICK ? 500 : 30_000;
const REPLAYED_STATES = IS_QUICK ? 20 : 300;
const WARM_UP_STATES = IS_QUICK ? 100 : 60_000;
const PREFIX = 60;
const TICKS = PREFIX + 8;

const ADDRESSES = [1, 2, 3, 4].map((host) => `"10.0.0.${host}:10000"`);

const prepared = prepareExploration(
  {
    files: [fileURLToPath(new URL("../../programs/chord.mzl", import.meta.url))],
    facts: [`chord.boot([${ADDRESSES.join(", ")}])`],
    factDirectories: [],
    defines: new Map([["SUCCESSORS", "2"]]),
    dialect: undefined,
    invariant: fileURLToPath(new URL("chord.inv.mzl", import.meta.url)),
    nodes: ADDRESSES.length,
    budgets: { crashes: 0, restarts: 0, joins: 0, ticks: TICKS, loss: 0, duplicates: 0 },
    isFifo: false,
    isPerfect: true,
    isExact: false,
    plugins: [],
    standardInput: undefined,
    seed: 1,
    settle: 0,
    after: 0,
  },
  { hasColour: false, result: () => {}, data: () => {}, problem: (text) => console.error(text) },
);

const prefix = fairActions(prepared.makeAtOnce(false, 0).system);

/** Returns the first actions of a run in which messages arrive in order and timers fire in the order of their times. */
function fairActions(system: System): readonly Choice[] {
  const run = new FairRun(system);
  return Array.from({ length: PREFIX }, () => {
    const choice = run.take(Infinity);
    if (choice === undefined) throw new Error("the ring has stopped");
    return choice;
  });
}

/** Returns a system 60 actions after the start. */
function begun(): Exploration {
  const exploration = prepared.makeAtOnce(false, 0);
  for (const choice of prefix) exploration.system.take(choice);
  return exploration;
}

/** Returns the number of states a second of a search by undo. */
async function byUndo(states: number): Promise<number> {
  const { system, ...others } = begun();
  return states / (await seconds(() => search(system, others, states)));
}

/** Returns the number of states a second of a search that goes back by starting new nodes and taking all actions again. */
async function byReplay(): Promise<number> {
  const { system: first, ...others } = begun();
  let system = first;
  const taken: Choice[] = [];
  const replaying: Searchable = {
    take: (choice) => {
      system.take(choice);
      taken.push(choice);
    },
    undo: () => {
      taken.pop();
      ({ system } = begun());
      for (const choice of taken) system.take(choice);
    },
    choices: () => system.choices(),
    predict: (choice) => system.predict(choice),
    get digest() {
      return system.digest;
    },
    get failure() {
      return system.failure;
    },
    get depth() {
      return system.depth;
    },
  };
  return REPLAYED_STATES / (await seconds(() => search(replaying, others, REPLAYED_STATES)));
}

function search(
  system: Searchable,
  { invariants, fairEnd }: Pick<Exploration, "invariants" | "fairEnd">,
  limitStates: number,
): void {
  const settings = {
    system,
    invariants,
    fairEnd,
    limitStates,
    reached: new Set<never>(),
    isReduced: true,
    turn: 0,
    isShared: false,
    onProgress: () => {},
    states: new StateSet(),
  };
  const { result, states } = new ExhaustiveSearch(settings).run();
  if (result !== "limit") throw new Error(`the search ended after ${states} states: ${result}`);
}

await byUndo(WARM_UP_STATES);
const samples = await measureInRounds(
  [
    { name: "undo", measure: () => byUndo(STATES) },
    { name: "replay", measure: byReplay },
  ],
  IS_QUICK ? 1 : ROUNDS,
);
const reference = { value: samples.get("replay")?.median ?? NaN, name: "the same search by replay from the start" };
report([compare("explore", "Chord, four nodes", "states/s", samples.get("undo")?.median ?? NaN, reference)]);
