/** What follows it runs as a microtask, at less cost than `queueMicrotask`, which keeps account of who asked. */
const NOW: Promise<void> = Promise.resolve();

/**
 * What the devices of one node do because one of them was readable: from the first packet that it gave to the last. What is
 * better done once for all of them waits for the end of the turn, and then for nothing else.
 */
export class IoBatch {
  #depth = 0;
  #deferred: (() => void)[] = [];
  #next = 0;

  /** A turn may have turns within it. */
  begin(): void {
    this.#depth++;
  }

  /** What waits is done now, though the turn around this one goes on. */
  end(): void {
    while (this.#next < this.#deferred.length) (this.#deferred[this.#next++] as () => void)();
    if (--this.#depth > 0) return;
    if (this.#next === 0) return;
    this.#deferred = [];
    this.#next = 0;
  }

  /** Runs `work` when the turn ends; where there is none, when what is running now is over. */
  defer(work: () => void): void {
    if (this.#depth > 0) this.#deferred.push(work);
    else void NOW.then(work);
  }
}
