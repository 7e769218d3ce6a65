/** Fair runs: every message arrives, oldest first, and the timers of all nodes fire in the order of their times. */
import { type Choice, messageChoice, nodeChoice } from "./choice.ts";
import type { System } from "./system.ts";

/**
 * Returns the next action of a fair run: a message, or the timer that is due first on the clock of its node, counted from `starts`.
 * Undefined if no timer is due within `seconds`.
 */
export function fairChoice(system: System, starts: readonly number[], seconds: number): Choice | undefined {
  for (let node = 0; node < system.size; node++) {
    if (!system.isUp(node)) continue;
    for (const message of system.flying.to(node)) return messageChoice("deliver", message);
  }
  let first: { readonly node: number; readonly due: number } | undefined;
  for (let node = 0; node < system.size; node++) {
    const due = (system.isUp(node) ? (system.explored(node)?.nextDue ?? Infinity) : Infinity) - (starts[node] ?? 0);
    if (due <= seconds && (first === undefined || due < first.due) && system.canTick(node)) first = { node, due };
  }
  return first && nodeChoice("tick", first.node);
}

/** Actions of a fair run. One that is longer counts as endless. */
export const FAIR_ACTIONS_MAX = 100_000;

/** Takes a system that has just started through a fair run of `seconds`. The end becomes its initial state. False if the run is endless. */
export function runFairly(system: System, seconds: number): boolean {
  const { budgets } = system;
  system.setBudgets({ ...budgets, ticks: Infinity });
  let actions = 0;
  for (let choice = next(); choice !== undefined; choice = next()) {
    if (actions++ >= FAIR_ACTIONS_MAX) return false;
    system.take(choice);
  }
  system.setBudgets(budgets);
  system.begin();
  return true;

  function next(): Choice | undefined {
    return fairChoice(system, [], seconds);
  }
}
