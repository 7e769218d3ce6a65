/**
 * Account of the memory that cycles of rules derive which may have no end (`CycleRole`). It only grows during a step, since the events of
 * such a cycle may be gone before the next ones come. Each tuple that enters a cycle from outside permits more.
 */
import type { CycleRole, Plan } from "../../plan/contract/plan.ts";
import { LimitExceeded, type Limits, endsAtLimit } from "./limits.ts";

/** Bytes that a cycle may derive for each tuple that enters it: some hundred events. */
const ENTRY_BYTES = 1 << 16;

export class CycleUse {
  readonly #roles: readonly CycleRole[];
  readonly #limit: number;
  /** Whether the account continues over all steps. */
  readonly #isWhole: boolean;
  #used = 0;
  #permitted = 0;

  constructor({ strands }: Plan, limits: Limits) {
    this.#roles = strands.map(({ cycle }) => cycle);
    this.#limit = limits.cycleBytes;
    this.#permitted = limits.cycleBytes;
    this.#isWhole = endsAtLimit(limits);
  }

  /** Begins a step, which loads this number of facts. */
  begin(facts: number): void {
    if (!this.#isWhole) {
      this.#used = 0;
      this.#permitted = this.#limit;
    }
    this.#permitted += facts * ENTRY_BYTES;
  }

  /** Whether the results of the strand are counted. In a step with few results they are not, unless the account spans all steps. */
  counts(strand: number, isMeasured: boolean): boolean {
    return (isMeasured || this.#isWhole) && this.#roles[strand] !== "none";
  }

  /** Counts a result of a strand. Throws `LimitExceeded`. */
  add(strand: number, bytes: number): void {
    if (this.#roles[strand] === "enters") {
      this.#permitted += ENTRY_BYTES;
      return;
    }
    this.#used += bytes;
    if (this.#used > this.#permitted) throw new LimitExceeded("cycleBytes", strand);
  }
}
