import type { Choice } from "./choice.ts";

/** The actions that led to a state, newest first. A list that shares its past with the histories of other states; null at the start. */
export type History = { readonly choice: Choice; readonly before: History } | null;

/** Returns the history with one more action. */
export function extended(before: History, choice: Choice): History {
  return { choice, before };
}

/** Returns the actions of a history, oldest first. */
export function scheduleOf(history: History): readonly Choice[] {
  const choices: Choice[] = [];
  for (let at = history; at !== null; at = at.before) choices.push(at.choice);
  return choices.reverse();
}
