/** Runs in which nothing starves: every message arrives, and every timer fires when its time has come. */
import { type Choice, messageChoice, nodeChoice } from "./choice.ts";
import { type Digest, DigestSum, Hasher } from "./digest.ts";
import type { Message } from "./flying-messages.ts";
import { type Finding, inspect } from "./outcome.ts";
import type { Invariants } from "./invariants.ts";
import type { System } from "./system.ts";
import type { Value } from "../../runtime/plan/values/value.ts";

/** Actions of a fair run. One that is longer counts as endless. */
export const FAIR_ACTIONS_MAX = 100_000;

/** Seconds that a message is under way. */
const LATENCY = 0.01;

/**
 * Continuation of a system in a common time of all nodes, from its present state. A message arrives `LATENCY` seconds after it was sent,
 * and timers fire at their times. The clock of a node goes on when a message arrives, so later timers are set from the right time.
 */
export class FairRun {
  readonly #system: System;
  /** Time on the clock of each node when the run began. */
  readonly #starts: readonly number[];
  /** Messages under way by the time of their arrival, from `#first` on. */
  readonly #messages: { readonly at: number; readonly message: Message }[];
  #first = 0;
  /** Time of the next timer of each node. */
  readonly #timers: number[];
  /** Seconds since the run began. */
  #time = 0;

  constructor(system: System) {
    this.#system = system;
    const nodes = Array.from({ length: system.size }, (_, node) => node);
    this.#starts = nodes.map((node) => system.explored(node)?.clock.now() ?? 0);
    this.#timers = nodes.map((node) => this.#timerOf(node));
    this.#messages = nodes.flatMap((node) => [...system.flying.to(node)].map((message) => ({ at: LATENCY, message })));
  }

  #timerOf(node: number): number {
    const due = this.#system.isUp(node) ? (this.#system.explored(node)?.nextDue ?? Infinity) : Infinity;
    return due - (this.#starts[node] as number);
  }

  /** Takes the next action, and returns it. Undefined if none is due within `seconds` of the beginning. */
  take(seconds: number): Choice | undefined {
    const arrival = this.#messages[this.#first];
    const arrivesAt = arrival?.at ?? Infinity;
    const ticking = this.#nextTimer(arrivesAt, seconds);
    if (ticking === undefined && (arrival === undefined || arrivesAt > seconds)) return undefined;
    const choice = ticking === undefined ? this.#arrival((arrival as { readonly message: Message }).message) : ticking;
    this.#time = Math.max(this.#time, ticking === undefined ? arrivesAt : (this.#timers[choice.node] as number));
    const timed = { ...choice, at: (this.#starts[choice.node] as number) + this.#time };
    this.#system.take(timed);
    this.#timers[choice.node] = this.#timerOf(choice.node);
    for (const message of this.#system.sent) this.#messages.push({ at: this.#time + LATENCY, message });
    return timed;
  }

  #arrival(message: Message): Choice {
    this.#first++;
    return messageChoice(this.#system.isUp(message.to) ? "deliver" : "drop", message);
  }

  /** The timer that is due first, before `arrivesAt` and within `seconds`. */
  #nextTimer(arrivesAt: number, seconds: number): Choice | undefined {
    let first: number | undefined;
    for (let node = 0; node < this.#timers.length; node++) {
      const due = this.#timers[node] as number;
      const before = first === undefined ? arrivesAt : (this.#timers[first] as number);
      if (due <= seconds && due < before && this.#system.canTick(node)) first = node;
    }
    return first === undefined ? undefined : nodeChoice("tick", first);
  }

  /** Seconds since the run began. */
  get time(): number {
    return this.#time;
  }

  /** Hash of all that decides how the run continues: the state, and the time left until each timer and message is due. */
  get digest(): Digest {
    const sum = new DigestSum();
    for (let node = 0; node < this.#timers.length; node++) {
      const now = (this.#starts[node] as number) + this.#time;
      const explored = this.#system.isUp(node) ? this.#system.explored(node) : undefined;
      if (explored !== undefined) sum.add(explored.digest(now));
    }
    const hasher = new Hasher(sum.low).word(sum.high);
    this.#system.addFate(hasher);
    for (let at = this.#first; at < this.#messages.length; at++) {
      const { at: time, message } = this.#messages[at] as { readonly at: number; readonly message: Message };
      hasher.word(message.digest.low).word(Math.round((time - this.#time) * 1e6));
    }
    return hasher.digest();
  }
}

/** End of a fair run: the actions, and what is wrong in the state behind the last of them. */
export interface FairRunEnd {
  readonly schedule: readonly Choice[];
  readonly finding: Finding | undefined;
  /** Whether the run took `FAIR_ACTIONS_MAX` actions. */
  readonly isEndless: boolean;
}

/**
 * Takes a system that has just started through a fair run of `seconds`, up to the first violation. The end becomes its initial state.
 * `reached` gets the names of `reachable` that held on the way.
 */
export function runFairly(
  system: System,
  invariants: Invariants,
  { seconds, reached }: { readonly seconds: number; readonly reached: Set<Value> },
): FairRunEnd {
  const { budgets } = system;
  const schedule: Choice[] = [];
  const run = new FairRun(system);
  system.setBudgets({ ...budgets, ticks: Infinity });
  let finding = inspect(system, invariants, reached);
  while (finding === undefined && schedule.length < FAIR_ACTIONS_MAX) {
    const choice = run.take(seconds);
    if (choice === undefined) break;
    schedule.push(choice);
    finding = inspect(system, invariants, reached);
  }
  system.setBudgets(budgets);
  system.begin();
  return { schedule, finding, isEndless: schedule.length >= FAIR_ACTIONS_MAX };
}
