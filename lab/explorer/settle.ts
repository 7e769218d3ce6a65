/** The fair end of a schedule, without further faults. `goal()` must come to hold on this way. */
import { NO_FAULTS } from "./choice.ts";
import { FAIR_ACTIONS_MAX, fairChoice } from "./fair-run.ts";
import type { Finding } from "./outcome.ts";
import type { Invariants } from "./invariants.ts";
import { StateSet } from "./state-set.ts";
import type { System } from "./system.ts";

export class FairEnd {
  readonly #system: System;
  readonly #invariants: Invariants;
  readonly #seconds: number;
  /** States from which the goal is known to come to hold. */
  readonly #reaching = new StateSet();

  /** The goal must hold within `seconds` of the clock of each node. */
  constructor(system: System, invariants: Invariants, seconds: number) {
    this.#system = system;
    this.#invariants = invariants;
    this.#seconds = seconds;
  }

  /** Continues from the present state, and returns to it. Returns what is wrong if the goal does not come to hold. */
  check(): Finding | undefined {
    if (!this.#invariants.hasGoal) return undefined;
    const system = this.#system;
    const { depth, budgets } = system;
    const starts = this.#times();
    system.setBudgets(NO_FAULTS);
    const passed = [system.stateDigest];
    let reason: string | undefined;
    for (let actions = 0; reason === undefined && !this.#isKnown(passed); actions++) {
      const choice = actions < FAIR_ACTIONS_MAX ? fairChoice(system, starts, this.#seconds) : undefined;
      if (choice === undefined) reason = this.#missed(actions);
      else {
        system.take(choice);
        passed.push(system.stateDigest);
      }
    }
    system.undoTo(depth);
    system.setBudgets(budgets);
    if (reason !== undefined) return { kind: "goal", reason };
    for (const digest of passed) this.#reaching.add(digest);
    return undefined;
  }

  #isKnown(passed: readonly { readonly low: number; readonly high: number }[]): boolean {
    const last = passed.at(-1);
    return this.#invariants.isGoal || (last !== undefined && this.#reaching.has(last));
  }

  #missed(actions: number): string {
    if (actions >= FAIR_ACTIONS_MAX) return `goal() does not hold after ${FAIR_ACTIONS_MAX} actions without faults`;
    return `goal() does not hold ${this.#seconds} s after the last fault`;
  }

  #times(): readonly number[] {
    return Array.from({ length: this.#system.size }, (_, node) => this.#system.explored(node)?.clock.now() ?? 0);
  }
}
