import { expect, test } from "vitest";
import { ExhaustiveSearch } from "../../lab/explorer/exhaustive-search.ts";
import type { Invariants } from "../../lab/explorer/invariants.ts";
import { FairEnd } from "../../lab/explorer/settle.ts";
import { StateSet } from "../../lab/explorer/state-set.ts";
import type { System, SystemSettings } from "../../lab/explorer/system.ts";
import { systemOf } from "./explored-system.ts";
import { written } from "./run-explore.ts";

const BUDGETS = { crashes: 0, restarts: 0, joins: 0, ticks: 2, loss: 0, duplicates: 0 };

/** The rows of all nodes that run, without those of the compiler, which hold times, and the messages under way. */
function worldOf(system: System): string {
  const nodes = Array.from({ length: system.size }, (_, node) => {
    if (!system.isUp(node)) return "down";
    const tables = system.explored(node)?.dump() ?? [];
    return tables.flatMap(([name, rows]) =>
      name.includes("?") ? [] : [[name, rows.map((row) => JSON.stringify(row)).sort()]],
    );
  });
  const pairs = nodes.flatMap((_, to) => [...system.flying.to(to)].map(({ key }) => key));
  return JSON.stringify([nodes, pairs.sort((one, other) => one - other), system.budgets]);
}

/** Tries every order of actions, without any memory of states. Returns the states, and the number of orders. */
function byBruteForce(system: System): { readonly worlds: ReadonlySet<string>; readonly orders: number } {
  const worlds = new Set<string>();
  let orders = 0;
  const follow = (): void => {
    worlds.add(worldOf(system));
    const choices = system.choices();
    if (choices.length === 0) orders++;
    for (const choice of choices) {
      system.take(choice);
      follow();
      system.undo();
    }
  };
  follow();
  return { worlds, orders };
}

/** Returns the states that the search visits. */
function bySearch(system: System): ReadonlySet<string> {
  const worlds = new Set<string>();
  const invariants = {
    get violations() {
      worlds.add(worldOf(system));
      return [];
    },
    reached: [],
    hasGoal: false,
  } as unknown as Invariants;
  const { result } = new ExhaustiveSearch({
    system,
    invariants,
    fairEnd: new FairEnd(system, invariants, 0),
    states: new StateSet(),
    turn: 0,
    limitStates: 100_000,
    isShared: false,
    isReduced: true,
    onProgress: () => {},
    reached: new Set(),
  }).run();
  expect(result).toBe("complete");
  return worlds;
}

/** Two nodes tell a third one numbers, which it keeps in the order of their arrival. */
const RACE = `
materialize(list, infinity, 1, keys()).
list([]).
t1: tell@"10.0.0.3:10000"(1) :- periodic(_, 1, 1), localAddr("10.0.0.1:10000").
t2: tell@"10.0.0.3:10000"(2) :- periodic(_, 1, 1), localAddr("10.0.0.2:10000").
t3: tell@"10.0.0.1:10000"(N) :- tell(N), localAddr("10.0.0.3:10000").
k1: list(f_append(L, N)) :- tell(N), list(L).
`;
/** Nodes draw numbers when they are told to, so the order of other actions must not change which. */
const DRAWS = `
materialize(drawn, infinity, infinity, keys(1)).
t1: tell@"10.0.0.2:10000"(1) :- periodic(_, 1, 1), localAddr("10.0.0.1:10000").
t2: tell@"10.0.0.2:10000"(2) :- periodic(_, 1, 1), localAddr("10.0.0.1:10000").
k1: drawn([N, f_rand(100)]) :- tell(N).
`;

const CASES: readonly (readonly [program: string, text: string | undefined, settings: Partial<SystemSettings>])[] = [
  ["commit.mzl", undefined, { budgets: { ...BUDGETS, ticks: 1, loss: 1 } }],
  ["commit.mzl", undefined, { budgets: { ...BUDGETS, ticks: 1, crashes: 1, restarts: 1 }, isFifo: true }],
  ["ring.mzl", undefined, { budgets: { ...BUDGETS, ticks: 3, duplicates: 1, crashes: 1, restarts: 1 } }],
  ["calls.mzl", undefined, { budgets: { ...BUDGETS, ticks: 1 } }],
  ["calls.mzl", undefined, { budgets: { ...BUDGETS, ticks: 2 }, isPerfect: true, isFifo: true }],
  ["race.mzl", RACE, { budgets: { ...BUDGETS, ticks: 3 } }],
  ["race.mzl", RACE, { budgets: { ...BUDGETS, ticks: 2, joins: 1 } }],
  ["draws.mzl", DRAWS, { budgets: { ...BUDGETS, ticks: 3 } }],
];

test.each(CASES)("%s: the search visits the states of all orders", (file, text, settings) => {
  const program = text === undefined ? file : written(file, text);
  const { worlds, orders } = byBruteForce(systemOf(program, settings));
  const visited = bySearch(systemOf(program, settings));
  expect([...visited].sort()).toEqual([...worlds].sort());
  expect(orders).toBeGreaterThan(1);
});
