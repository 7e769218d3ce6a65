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

/** An action that may happen next. */
export type Choice = (
  | { readonly kind: MessageKind; readonly message: Message }
  /** `tick`: the next timer of the node fires. */
  | { readonly kind: "tick" | "crash" | "restart" | "join" }
) & {
  /** Number of the node at which the action happens. */
  readonly node: number;
  /** Identifies the action: it is the same in all states in which the action has the same effect on the node. */
  readonly key: number;
  /** Time on the clock of the node, in seconds, of an action of a fair run. Other actions do not move the clock, timers excepted. */
  readonly at?: number | undefined;
};

/**
 * `deliver`: the message arrives. `duplicate`: it arrives, and stays under way. `lose`: the network loses it. `drop`: it arrives at a node
 * that is down, and is lost.
 */
export type MessageKind = "deliver" | "lose" | "duplicate" | "drop";

export type ChoiceKind = Choice["kind"];

/** The budget that an action uses; undefined if the action is always possible. */
export const BUDGET_OF: Readonly<Record<ChoiceKind, keyof Budgets | undefined>> = {
  deliver: undefined,
  drop: undefined,
  tick: "ticks",
  crash: "crashes",
  restart: "restarts",
  join: "joins",
  lose: "loss",
  duplicate: "duplicates",
};

const ORDER: readonly ChoiceKind[] = ["deliver", "tick", "crash", "restart", "join", "lose", "duplicate", "drop"];

/** Whether the action is no fault: it happens sooner or later in every run. */
export function isFair({ kind }: Choice): boolean {
  return kind === "deliver" || kind === "drop" || kind === "tick";
}

export function messageChoice(kind: MessageKind, message: Message): Choice {
  return { kind, node: message.to, key: message.key * 8 + ORDER.indexOf(kind), message };
}

export function nodeChoice(kind: "tick" | "crash" | "restart" | "join", node: number): Choice {
  return { kind, node, key: -(node * 8 + ORDER.indexOf(kind) + 1) };
}
