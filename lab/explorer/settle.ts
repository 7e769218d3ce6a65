/** The fair end of a schedule, without further faults. `goal()` must come to hold on this way, and no violation may. */
import type { Choice } from "./choice.ts";
import { type Digest, numberOf } from "./digest.ts";
import { FAIR_ACTIONS_MAX, FairRun } from "./fair-run.ts";
import { GoalTimes } from "./goal-times.ts";
import { type Finding, inspect } from "./outcome.ts";
import type { Invariants } from "./invariants.ts";
import type { System } from "./system.ts";

/** Finding of a fair run. `schedule` leads to it; it is empty if the goal was missed. */
export interface BadEnd {
  readonly finding: Finding;
  readonly schedule: readonly Choice[];
}

/** State of a fair run behind a timer. */
interface PassedState {
  readonly digest: Digest;
  /** Seconds since the run began. */
  readonly at: number;
}

export class FairEnd {
  readonly #system: System;
  readonly #invariants: Invariants;
  readonly #seconds: number;
  /** States of fair runs from which the goal is known to come to hold. */
  readonly #known = new GoalTimes();

  /** The goal must hold within `seconds` of the common time of a fair run. */
  constructor(system: System, invariants: Invariants, seconds: number) {
    this.#system = system;
    this.#invariants = invariants;
    this.#seconds = seconds;
  }

  /** Whether there is a goal, so that `check` can find anything. */
  get isNeeded(): boolean {
    return this.#invariants.hasGoal;
  }

  /** Continues from the present state, and returns to it. Returns what is wrong if the goal does not come to hold. */
  check(): BadEnd | undefined {
    if (!this.isNeeded) return undefined;
    const system = this.#system;
    const { depth, budgets } = system;
    system.setBudgets({ ...budgets, ticks: Infinity });
    const bad = this.#run();
    system.undoTo(depth);
    system.setBudgets(budgets);
    return bad;
  }

  #run(): BadEnd | undefined {
    const [system, invariants] = [this.#system, this.#invariants];
    const run = new FairRun(system);
    const schedule: Choice[] = [];
    const passed: PassedState[] = [];
    const repetition = new Repetition();
    let goalAt: number | undefined;
    while (!invariants.isGoal) {
      const choice = schedule.length < FAIR_ACTIONS_MAX ? run.take(this.#seconds) : undefined;
      if (choice === undefined) return missed(this.#missed(schedule.length));
      schedule.push(choice);
      const finding = inspect(system, invariants, new Set());
      if (finding !== undefined) return { finding, schedule };
      if (repetition.isRepeated(run)) return missed("goal() never holds without further faults");
      if (choice.kind !== "tick") continue;
      const digest = run.digest;
      const left = this.#known.get(digest);
      goalAt = left === undefined ? undefined : run.time + left;
      if (goalAt !== undefined && goalAt <= this.#seconds) break;
      passed.push({ digest, at: run.time });
    }
    const end = invariants.isGoal ? run.time : (goalAt as number);
    for (const { digest, at } of passed) this.#known.set(digest, end - at);
    return undefined;
  }

  #missed(actions: number): string {
    if (actions >= FAIR_ACTIONS_MAX) return `goal() does not hold after ${FAIR_ACTIONS_MAX} actions without faults`;
    return `goal() does not hold ${this.#seconds} s after the last fault`;
  }
}

function missed(reason: string): BadEnd {
  return { finding: { kind: "goal", reason }, schedule: [] };
}

/** Actions after which a run is compared with earlier states of itself. */
const FIRST_COMPARED = 256;

/** Detector of a run that repeats itself for ever (Brent 1980): it compares each state with one earlier state, ever further back. */
class Repetition {
  #actions = 0;
  #marked: number | undefined;
  #next = FIRST_COMPARED;

  /** To be called after each action. */
  isRepeated(run: FairRun): boolean {
    if (++this.#actions < FIRST_COMPARED) return false;
    const state = numberOf(run.digest);
    if (state === this.#marked) return true;
    if (this.#actions < this.#next) return false;
    this.#marked = state;
    this.#next *= 2;
    return false;
  }
}
