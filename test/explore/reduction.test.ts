import { expect, test } from "vitest";
import { ExhaustiveSearch } from "../../lab/explorer/exhaustive-search.ts";
import type { Invariants } from "../../lab/explorer/invariants.ts";
import { FairEnd } from "../../lab/explorer/settle.ts";
import { StateSet } from "../../lab/explorer/state-set.ts";
import type { System, SystemSettings } from "../../lab/explorer/system.ts";
import { systemOf } from "./explored-system.ts";

const NO_INVARIANTS = { violations: [], reached: [], hasGoal: false } as unknown as Invariants;
const BUDGETS = { crashes: 0, restarts: 0, joins: 0, ticks: 4, loss: 0, duplicates: 0 };

/** Counts the states of a system, and the actions that are carried out. */
function search(system: System, isReduced: boolean): { readonly states: number; readonly taken: number } {
  let taken = 0;
  const counting = {
    take: (choice: Parameters<System["take"]>[0]) => {
      taken++;
      system.take(choice);
    },
    undo: () => system.undo(),
    choices: () => system.choices(),
    predict: (choice: Parameters<System["predict"]>[0]) => system.predict(choice),
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
  const fairEnd = new FairEnd(system, NO_INVARIANTS, 0);
  const common = { invariants: NO_INVARIANTS, fairEnd, limitStates: 100_000, reached: new Set<never>() };
  const { states, result } = new ExhaustiveSearch({
    ...common,
    system: counting,
    isReduced,
    turn: 0,
    isShared: false,
    onProgress: () => {},
    states: new StateSet(),
  }).run();
  expect(result).toBe("complete");
  return { states, taken };
}

const CASES: readonly (readonly [program: string, settings: Partial<SystemSettings>])[] = [
  ["commit.mzl", { budgets: BUDGETS }],
  ["commit.mzl", { budgets: { ...BUDGETS, ticks: 3, crashes: 1, restarts: 1, loss: 1 } }],
  ["ring.mzl", { budgets: { ...BUDGETS, duplicates: 1, joins: 1 } }],
  ["calls.mzl", { budgets: { ...BUDGETS, ticks: 3 } }],
  ["calls.mzl", { budgets: BUDGETS, isPerfect: true }],
];

test.each(CASES)("%s: known effects of actions hide no state (%j)", (program, settings) => {
  const all = search(systemOf(program, settings), false);
  const reduced = search(systemOf(program, settings), true);
  expect(reduced.states).toBe(all.states);
  expect(reduced.taken).toBeLessThan(all.taken);
});

test("nearly every action that is carried out leads to a new state", () => {
  const { states, taken } = search(systemOf("calls.mzl", { budgets: BUDGETS, isPerfect: true }), true);
  expect(taken).toBeLessThan(1.5 * states);
});
