import { performance } from "node:perf_hooks";

/**
 * Time slice in milliseconds, after which timers and other descriptors get their turn. The slice is a fifth of the time budget of a read
 * cycle: reading takes a part of the budget, and the last step may contain a garbage collection.
 */
const SLICE_MS = 1;

/** The trains of a read cycle, processed one by one, for one time slice per call of `run`. */
export class Backlog {
  readonly #take: (at: number) => void;
  #next = 0;
  #end = 0;

  /** `take` processes the train at an index. */
  constructor(take: (at: number) => void) {
    this.#take = take;
  }

  get isLeft(): boolean {
    return this.#next < this.#end;
  }

  /**
   * Starts with `count` new trains, or continues with the remaining trains if `count` is 0. Returns whether any trains remain. The caller
   * must not add new trains while some remain.
   */
  run(count: number = 0): boolean {
    if (count > 0) {
      this.#next = 0;
      this.#end = count;
    }
    if (this.#end - this.#next === 1) return this.#runOne();
    const until = performance.now() + SLICE_MS;
    while (this.#next < this.#end) {
      this.#take(this.#next++);
      if (performance.now() >= until) break;
    }
    return this.isLeft;
  }

  /** The common case on a link with little traffic: one train needs no look at the clock. */
  #runOne(): boolean {
    this.#take(this.#next++);
    return false;
  }
}
