/**
 * Account of the memory of results of rules that trigger each other in a cycle that may have no end (`CycleRole`). The account only grows
 * during a step: such a cycle may release its events before it derives the next ones, and then holds little memory at any time. Each
 * tuple that enters a cycle from outside raises the limit.
 */
import type { CycleRole, Plan } from "../../plan/contract/plan.ts";
import { LimitExceeded, type Limits, endsAtLimit } from "./limits.ts";

/**
 * Bytes that are added for each visited row and each result of a rule since the previous result of the cycle: this work takes time but no
 * memory.
 */
const VISIT_BYTES = 2;
const RESULT_BYTES = 4;

/** Rows that joins have visited, and results that rules have derived, in the running step. */
export interface StepWork {
  readonly visits: number;
  readonly derivations: number;
}

/** Bytes that a cycle may derive for each tuple that enters it: some hundred events. */
const ENTRY_BYTES = 1 << 16;

const NO_WORK: StepWork = { visits: 0, derivations: 0 };

export class CycleUse {
  readonly #roles: readonly CycleRole[];
  readonly #limit: number;
  /** Whether the account continues over all steps. */
  readonly #isWhole: boolean;
  #used = 0;
  #permitted = 0;
  /** Work of the step up to the latest result that was counted or entered a cycle. */
  #counted: StepWork = NO_WORK;

  constructor({ strands }: Plan, limits: Limits) {
    this.#roles = strands.map(({ cycle }) => cycle);
    this.#limit = limits.cycleBytes;
    this.#permitted = limits.cycleBytes;
    this.#isWhole = endsAtLimit(limits);
  }

  /** Begins a step, which loads this number of facts. */
  begin(facts: number): void {
    this.#counted = NO_WORK;
    if (!this.#isWhole) {
      this.#used = 0;
      this.#permitted = this.#limit;
    }
    this.#permitted += facts * ENTRY_BYTES;
  }

  /**
   * Whether the results of the strand are counted. `isMeasured` is false while the step has few results; they are then counted only if
   * the account spans all steps.
   */
  counts(strand: number, isMeasured: boolean): boolean {
    return (isMeasured || this.#isWhole) && this.#roles[strand] !== "none";
  }

  /** Counts a result of a strand, and the work since the previous counted result. Throws `LimitExceeded`. */
  add(strand: number, bytes: number, { visits, derivations }: StepWork): void {
    const before = this.#counted;
    this.#counted = { visits, derivations };
    if (this.#roles[strand] === "enters") {
      this.#permitted += ENTRY_BYTES;
      return;
    }
    const work = VISIT_BYTES * (visits - before.visits) + RESULT_BYTES * (derivations - before.derivations);
    this.#used += bytes + work;
    if (this.#used > this.#permitted) throw new LimitExceeded("cycleBytes", strand);
  }
}
