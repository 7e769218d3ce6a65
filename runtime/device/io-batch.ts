/** A resolved promise: `then` on it queues a microtask at less cost than `queueMicrotask`, which tracks its async context. */
const RESOLVED: Promise<void> = Promise.resolve();

/**
 * An I/O batch: all work that the devices of one node do because one of the devices became readable. Work that is better done once for the
 * whole batch, such as flushing a send queue, is deferred to its end. All devices of a node share one IoBatch.
 */
export class IoBatch {
  #depth = 0;
  #deferred: (() => void)[] = [];
  #next = 0;

  /** Begins a batch. Batches may nest. Each `begin` needs an `end`. */
  begin(): void {
    this.#depth++;
  }

  /** Ends a batch, and runs all deferred work, including work that is deferred meanwhile. The end of a nested batch does so too. */
  end(): void {
    while (this.#next < this.#deferred.length) (this.#deferred[this.#next++] as () => void)();
    if (--this.#depth > 0) return;
    if (this.#next === 0) return;
    this.#deferred = [];
    this.#next = 0;
  }

  /** Runs `work` when the batch ends; outside a batch, in a microtask. */
  defer(work: () => void): void {
    if (this.#depth > 0) this.#deferred.push(work);
    else void RESOLVED.then(work);
  }
}
