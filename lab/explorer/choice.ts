import type { Message } from "./flying-messages.ts";

/** Kinds of actions that the search may choose. All but deliveries have a budget. */
export const FAULTS = ["crashes", "restarts", "joins", "loss", "duplicates"] as const;

export interface Budgets {
  readonly crashes: number;
  readonly restarts: number;
  readonly joins: number;
  readonly ticks: number;
  readonly loss: number;
  readonly duplicates: number;
}

export const NO_FAULTS: Budgets = { crashes: 0, restarts: 0, joins: 0, ticks: Infinity, loss: 0, duplicates: 0 };

/**
 * An action that may happen next, at the node `node`. `key` identifies the action: it is the same in all states in which the action has the
 * same effect on the node.
 */
export type Choice =
  /** The message arrives; `duplicate`: it arrives, and stays under way; `lose`: it is lost. */
  | {
      readonly kind: "deliver" | "lose" | "duplicate";
      readonly node: number;
      readonly key: number;
      readonly message: Message;
    }
  /** The next timer of the node fires. */
  | { readonly kind: "tick" | "crash" | "restart" | "join"; readonly node: number; readonly key: number };

export type ChoiceKind = Choice["kind"];

/** The budget that an action uses; undefined for a delivery. */
export const BUDGET_OF: Readonly<Record<ChoiceKind, keyof Budgets | undefined>> = {
  deliver: undefined,
  tick: "ticks",
  crash: "crashes",
  restart: "restarts",
  join: "joins",
  lose: "loss",
  duplicate: "duplicates",
};

const ORDER: readonly ChoiceKind[] = ["deliver", "tick", "crash", "restart", "join", "lose", "duplicate"];

export function messageChoice(kind: "deliver" | "lose" | "duplicate", message: Message): Choice {
  return { kind, node: message.to, key: message.key * 8 + ORDER.indexOf(kind), message };
}

export function nodeChoice(kind: "tick" | "crash" | "restart" | "join", node: number): Choice {
  return { kind, node, key: -(node * 8 + ORDER.indexOf(kind) + 1) };
}
