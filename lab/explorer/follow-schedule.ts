/** Repetition of schedules, and their shortening: actions that a counterexample does not need are left out. */
import type { Choice } from "./choice.ts";
import type { Invariants } from "./invariants.ts";
import { type Counterexample, type Finding, inspect, isSameFinding } from "./outcome.ts";
import type { FairEnd } from "./settle.ts";
import type { System } from "./system.ts";

/** An action of a schedule, as it is found again in another state. */
export type Step = Pick<Choice, "kind" | "node" | "key"> & {
  readonly from?: number | undefined;
  /** Text of the message, without the ids of calls. */
  readonly text?: string | undefined;
  /** Time on the clock of the node, of an action of a fair run. Such a timer needs no budget. */
  readonly at?: number | undefined;
};

/** Returns the possible action that the step means: the same one, or the same action with a similar message. */
export function findChoice(step: Step, system: System, textOf: (choice: Choice) => string): Choice | undefined {
  if (step.at === undefined) return findAmong(system.choices(), step, textOf);
  system.setBudgets({ ...system.budgets, ticks: Infinity });
  const found = findAmong(system.choices(), step, textOf);
  return found && { ...found, at: step.at };
}

function findAmong(choices: readonly Choice[], step: Step, textOf: (choice: Choice) => string): Choice | undefined {
  const same = choices.find(({ key }) => key === step.key);
  if (same !== undefined || step.from === undefined) return same;
  const similar = choices.filter(
    (one) => "message" in one && one.kind === step.kind && one.node === step.node && one.message.from === step.from,
  );
  return similar.find((one) => textOf(one) === step.text);
}

/** Returns the action as a step of a schedule. */
export function stepOf(choice: Choice, textOf: (choice: Choice) => string): Step {
  const { kind, node, key, at } = choice;
  return "message" in choice
    ? { kind, node, key, at, from: choice.message.from, text: textOf(choice) }
    : { kind, node, key, at };
}

export interface ShortenSettings {
  readonly system: System;
  readonly invariants: Invariants;
  readonly fairEnd: FairEnd;
  readonly textOf: (choice: Choice) => string;
  /** Number of the random numbers that the nodes draw. */
  readonly draw: number;
}

/** Schedules that may be tried in order to shorten one. */
const TRIALS_MAX = 3000;
const GOAL_TRIALS_MAX = 300;

/** Returns a counterexample of the same mistake from which no single action can be left out, if the trials suffice. */
export function shorten(found: Counterexample, settings: ShortenSettings): Counterexample {
  let best = found;
  let trials = found.finding.kind === "goal" ? GOAL_TRIALS_MAX : TRIALS_MAX;
  for (let size = Math.ceil(best.schedule.length / 2); size >= 1; ) {
    let isShorter = false;
    for (let at = Math.max(0, best.schedule.length - size); trials > 0; at -= size) {
      const steps = best.schedule
        .toSpliced(Math.max(0, at), at < 0 ? size + at : size)
        .map((choice) => stepOf(choice, settings.textOf));
      trials--;
      const shorter = tryFinding(steps, found.finding, settings);
      if (shorter !== undefined && shorter.schedule.length < best.schedule.length) {
        best = shorter;
        isShorter = true;
      }
      if (at <= 0) break;
    }
    if (trials <= 0) return best;
    if (size === 1 && !isShorter) return best;
    if (!isShorter || size > best.schedule.length) size = Math.floor(size / 2);
    size = Math.max(size, 1);
    if (best.schedule.length === 0) return best;
  }
  return best;
}

function tryFinding(steps: readonly Step[], finding: Finding, settings: ShortenSettings): Counterexample | undefined {
  const again = repeat(steps, settings, finding.kind === "goal");
  return again !== undefined && isSameFinding(again.finding, finding) ? again : undefined;
}

/**
 * Runs the steps that are possible, up to the first violation. Returns undefined if there is none, and, if `checksGoal`, the goal comes to
 * hold. Returns to the initial state.
 */
export function repeat(
  steps: readonly Step[],
  { system, invariants, fairEnd, textOf, draw }: ShortenSettings,
  checksGoal: boolean,
): Counterexample | undefined {
  const schedule: Choice[] = [];
  const { budgets } = system;
  system.drawFrom(draw);
  let finding = inspect(system, invariants, new Set());
  for (const step of steps) {
    if (finding !== undefined) break;
    const choice = findChoice(step, system, textOf);
    if (choice === undefined) continue;
    system.take(choice);
    schedule.push(choice);
    finding = inspect(system, invariants, new Set());
  }
  const bad = finding === undefined && checksGoal ? fairEnd.check() : finding && { finding, schedule: [] };
  system.undoTo(0);
  system.setBudgets(budgets);
  return bad && { finding: bad.finding, schedule: [...schedule, ...bad.schedule] };
}
