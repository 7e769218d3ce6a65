/**
 * Depth-first search of all states. A state is visited once, whatever the way to it. Actions at different nodes commute, so of the orders
 * of such actions only one is tried: each state on the way has a sleep set, the actions that a sibling has tried before and that commute
 * with all actions since (Godefroid 1996). Every state is still visited; sleep sets save the actions that lead to known states.
 *
 * A state may be reached again with a smaller sleep set than before. Then the actions that slept then, and do not sleep now, are tried.
 */
import { getHeapStatistics } from "node:v8";
import type { Value } from "../../runtime/plan/values/value.ts";
import type { Choice } from "./choice.ts";
import { type Finding, inspect, type SearchLimit, type SearchOutcome } from "./outcome.ts";
import type { Invariants } from "./invariants.ts";
import type { FairEnd } from "./settle.ts";
import { StateSet } from "./state-set.ts";
import type { System } from "./system.ts";

export interface ExhaustiveSettings {
  readonly system: System;
  readonly invariants: Invariants;
  readonly fairEnd: FairEnd;
  /** Number of states after which the search gives up. */
  readonly limitStates: number;
  /** Names of `reachable` that held in a state. The search adds to them. */
  readonly reached: Set<Value>;
  /** Whether to try only one order of actions that commute. */
  readonly isReduced: boolean;
}

/** A state on the way, with the actions that are still to be tried from it. */
interface Frame {
  readonly todo: readonly Choice[];
  next: number;
  /** Actions that need not be tried from this state, by key. */
  readonly sleep: Map<number, Choice>;
}

/** Share of the heap that a search may use. */
const HEAP_SHARE = 0.8;
const STATES_PER_MEMORY_CHECK = 4096;

const NO_KEYS: readonly number[] = [];

export class ExhaustiveSearch {
  readonly #settings: ExhaustiveSettings;
  readonly #states = new StateSet();
  /** The actions that slept in all visits of a state, by the number of the state; only those with any. */
  readonly #sleeping = new Map<number, readonly number[]>();
  readonly #stack: Frame[] = [];
  readonly #heapLimit: number = getHeapStatistics().heap_size_limit * HEAP_SHARE;
  #actions = 0;
  #deepest = 0;

  constructor(settings: ExhaustiveSettings) {
    this.#settings = settings;
  }

  run(): SearchOutcome {
    const finding = this.#visit(new Map());
    if (finding !== undefined) return this.#found(finding);
    for (let frame = this.#stack.at(-1); frame !== undefined; frame = this.#stack.at(-1)) {
      const choice = frame.todo[frame.next++];
      if (choice === undefined) {
        this.#leave();
        continue;
      }
      const limit = this.#limit();
      if (limit !== undefined) return this.#outcome("limit", limit, undefined);
      const found = this.#try(choice, frame);
      if (found !== undefined) return this.#found(found);
    }
    return this.#outcome("complete", undefined, undefined);
  }

  #try(choice: Choice, frame: Frame): Finding | undefined {
    const { system } = this.#settings;
    system.take(choice);
    this.#actions++;
    const sleep = new Map<number, Choice>();
    if (this.#settings.isReduced) {
      for (const [key, other] of frame.sleep) if (other.node !== choice.node) sleep.set(key, other);
      frame.sleep.set(choice.key, choice);
    }
    const depth = this.#stack.length;
    const finding = this.#visit(sleep);
    if (finding === undefined && this.#stack.length === depth) system.undo();
    return finding;
  }

  /** Visits the present state: looks at it if it is new, and adds a frame if actions are to be tried from it. */
  #visit(sleep: Map<number, Choice>): Finding | undefined {
    const { system, invariants, reached } = this.#settings;
    const number = this.#states.add(system.digest);
    if (number < 0) return this.#revisit(-1 - number, sleep);
    this.#deepest = Math.max(this.#deepest, system.depth);
    const finding = inspect(invariants, reached);
    if (finding !== undefined) return finding;
    const choices = system.choices();
    if (choices.length === 0) return this.#settings.fairEnd.check();
    if (choices.every(({ kind }) => kind !== "deliver" && kind !== "tick")) {
      const missed = this.#settings.fairEnd.check();
      if (missed !== undefined) return missed;
    }
    const keys = choices.flatMap(({ key }) => (sleep.has(key) ? [key] : []));
    if (keys.length > 0) this.#sleeping.set(number, keys);
    this.#push(
      choices.filter(({ key }) => !sleep.has(key)),
      sleep,
    );
    return undefined;
  }

  #revisit(number: number, sleep: Map<number, Choice>): undefined {
    const slept = this.#sleeping.get(number);
    if (slept === undefined) return;
    const woken = new Set(slept.filter((key) => !sleep.has(key)));
    if (woken.size === 0) return;
    const still = woken.size === slept.length ? NO_KEYS : slept.filter((key) => !woken.has(key));
    if (still.length === 0) this.#sleeping.delete(number);
    else this.#sleeping.set(number, still);
    this.#push(
      this.#settings.system.choices().filter(({ key }) => woken.has(key)),
      sleep,
    );
  }

  #push(todo: readonly Choice[], sleep: Map<number, Choice>): void {
    if (todo.length > 0) this.#stack.push({ todo, next: 0, sleep });
  }

  #leave(): void {
    this.#stack.pop();
    if (this.#stack.length > 0) this.#settings.system.undo();
  }

  #limit(): SearchLimit | undefined {
    if (this.#states.size >= this.#settings.limitStates) return "states";
    if (this.#actions % STATES_PER_MEMORY_CHECK !== 0) return undefined;
    return process.memoryUsage().heapUsed > this.#heapLimit ? "memory" : undefined;
  }

  #found(finding: Finding): SearchOutcome {
    // The last action of each frame was taken, and led to the next frame or to the finding.
    const schedule = this.#stack.flatMap(({ todo, next }) => todo[next - 1] ?? []);
    return this.#outcome("found", undefined, { finding, schedule });
  }

  #outcome(
    result: SearchOutcome["result"],
    limit: SearchLimit | undefined,
    counterexample: SearchOutcome["counterexample"],
  ): SearchOutcome {
    const { size: states } = this.#states;
    return { result, limit, states, actions: this.#actions, deepest: this.#deepest, schedules: 0, counterexample };
  }
}
