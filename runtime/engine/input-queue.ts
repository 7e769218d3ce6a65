import type { StepInput } from "./step-input.ts";

/** Least number of taken inputs for which `#compact` copies the array while other inputs are queued. */
const COMPACT_FROM = 256;

/** First-in, first-out queue of step inputs. */
export class InputQueue {
  #inputs: StepInput[] = [];
  /** Index of the first input that has not been taken. */
  #next = 0;

  get length(): number {
    return this.#inputs.length - this.#next;
  }

  push(input: StepInput): void {
    this.#inputs.push(input);
  }

  take(): StepInput | undefined {
    const input = this.#inputs[this.#next];
    if (input === undefined) return undefined;
    this.#next++;
    this.#compact();
    return input;
  }

  /** The queued inputs, first to last. */
  waiting(): readonly StepInput[] {
    return this.#inputs.slice(this.#next);
  }

  replace(inputs: readonly StepInput[]): void {
    this.#inputs = [...inputs];
    this.#next = 0;
  }

  /**
   * Removes the taken inputs from the array: when the queue is empty, or when their number is at least `COMPACT_FROM` and half of the
   * array's length. So an input is copied at most once on average.
   */
  #compact(): void {
    if (this.#next < this.#inputs.length && (this.#next < COMPACT_FROM || this.#next < this.#inputs.length / 2)) return;
    this.#inputs = this.waiting() as StepInput[];
    this.#next = 0;
  }
}
