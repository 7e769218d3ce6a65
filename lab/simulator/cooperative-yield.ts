import { setImmediate } from "node:timers/promises";

/** Others, signals among them, wait no longer than about this. */
const SLICE_MS = 100;

/** The pauses in long work that nothing else interrupts. */
export class CooperativeYield {
  #sliceStart = performance.now();

  get isYieldDue(): boolean {
    return performance.now() - this.#sliceStart > SLICE_MS;
  }

  /** Makes a pause if one is due, in which a signal may arrive; whether one has. */
  async yieldAndCheckAbort(signal: AbortSignal | undefined): Promise<boolean> {
    if (!this.isYieldDue) return false;
    await setImmediate();
    this.#sliceStart = performance.now();
    return signal?.aborted === true;
  }
}
