import { performance } from "node:perf_hooks";

/**
 * Milliseconds for which a batch holds the thread; then timers and other descriptors get their turn. A fifth of what a drain
 * may take: reading has its part, and within the last step there may be a collection of garbage.
 */
const SLICE_MS = 1;

/** What a device has read at once, taken one by one and for no longer than a turn; the rest when others had theirs. */
export class Backlog {
  readonly #take: (at: number) => void;
  #next = 0;
  #end = 0;

  constructor(take: (at: number) => void) {
    this.#take = take;
  }

  /** Takes so many, or what is left; true when something is left. There is nothing new while something is left. */
  run(count: number = 0): boolean {
    if (count > 0) {
      this.#next = 0;
      this.#end = count;
    }
    if (this.#end - this.#next === 1) return this.#only();
    const until = performance.now() + SLICE_MS;
    while (this.#next < this.#end) {
      this.#take(this.#next++);
      if (performance.now() >= until) break;
    }
    return this.#next < this.#end;
  }

  /** As most are on a link with little to carry: nobody needs to look at the clock. */
  #only(): boolean {
    this.#take(this.#next++);
    return false;
  }
}
