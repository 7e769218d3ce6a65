import { expect, test } from "vitest";
import type { Choice } from "../../lab/explorer/choice.ts";
import { textOf } from "../../lab/explorer/digest.ts";
import type { System, SystemSettings } from "../../lab/explorer/system.ts";
import { streamOf } from "../../runtime/world/random.ts";
import { systemOf } from "./explored-system.ts";

const STEPS = 40;
const FAULTS = { crashes: 2, restarts: 2, joins: 1, ticks: Infinity, loss: 3, duplicates: 3 };

const CASES: readonly (readonly [program: string, settings: Partial<SystemSettings>])[] = [
  ["commit.mzl", {}],
  ["ring.mzl", { budgets: FAULTS }],
  ["calls.mzl", {}],
  ["calls.mzl", { budgets: FAULTS }],
  ["calls.mzl", { budgets: { ...FAULTS, loss: 0 }, isPerfect: true, isFifo: true }],
  ["soft-state.mzl", {}],
  ["soft-state.mzl", { budgets: FAULTS, isFifo: true }],
];

test.each(CASES)("%s: an undone action leaves the state as it was (%j)", (program, settings) => {
  for (let seed = 1; seed <= 2; seed++) expect(walk(systemOf(program, settings), seed)).not.toEqual([]);
});

test.each(CASES)("%s: the same actions from the start give the same state (%j)", (program, settings) => {
  const system = systemOf(program, settings);
  const taken = walk(system, 4);
  const again = systemOf(program, settings);
  for (const { key } of taken) again.take(choiceOf(key, again));
  expect(stateOf(again)).toEqual(stateOf(system));
});

test("the way back over many actions leads to the initial state", () => {
  const system = systemOf("soft-state.mzl", { budgets: FAULTS });
  const before = stateOf(system);
  walk(system, 5);
  system.undoTo(0);
  expect(stateOf(system)).toEqual(before);
});

test("different faults in one state lead to states with different hashes", () => {
  const system = systemOf("commit.mzl", { budgets: FAULTS });
  system.take(system.choices().find(({ kind }) => kind === "tick") as Choice);
  const hashes = system.choices().map((choice) => {
    system.take(choice);
    const hash = textOf(system.digest);
    system.undo();
    return hash;
  });
  expect(new Set([textOf(system.digest), ...hashes]).size).toBe(hashes.length + 1);
});

/** Takes random actions, each of them twice, with all other possible actions in between. Returns the actions. */
function walk(system: System, seed: number): readonly Choice[] {
  const random = streamOf(seed, "walk");
  const taken: Choice[] = [];
  for (let step = 0; step < STEPS; step++) {
    const choices = system.choices();
    if (choices.length === 0) break;
    const choice = choices[random.integer(choices.length)] as Choice;
    const before = stateOf(system);
    system.take(choice);
    const after = stateOf(system);
    system.undo();
    expect(stateOf(system), `after undoing ${choice.kind} at step ${step}`).toEqual(before);
    for (const other of choices.slice(0, 2)) {
      system.take(other);
      system.undo();
    }
    system.take(choice);
    expect(stateOf(system), `after repeating ${choice.kind} at step ${step}`).toEqual(after);
    taken.push(choice);
  }
  return taken;
}

function choiceOf(key: number, system: System): Choice {
  const choice = system.choices().find((one) => one.key === key);
  if (choice === undefined) throw new Error(`the action ${key} is not possible`);
  return choice;
}

/** All that an action may change: the hash, the rows of all nodes, their times, the messages, and what may happen next. */
function stateOf(system: System): unknown {
  const nodes = Array.from({ length: system.size }, (_, node) => {
    const explored = system.explored(node);
    return { isUp: system.isUp(node), rows: explored?.dump(), now: explored?.clock.now(), due: explored?.nextDue };
  });
  const choices = system.choices().map(({ key }) => key);
  return { hash: textOf(system.digest), nodes, messages: system.flying.length, choices };
}
