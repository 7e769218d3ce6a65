import { setImmediate } from "node:timers/promises";

/** Time between two yields, which is also the longest delay of a signal. */
const SLICE_MS = 100;

/** Timer of yields in long computations, so that signals and I/O are handled. */
export class CooperativeYield {
  #sliceStart = performance.now();

  get isYieldDue(): boolean {
    return performance.now() - this.#sliceStart > SLICE_MS;
  }

  /** Yields to the event loop if a yield is due. Returns true if the signal is aborted afterwards. */
  async yieldAndCheckAbort(signal: AbortSignal | undefined): Promise<boolean> {
    if (!this.isYieldDue) return false;
    await setImmediate();
    this.#sliceStart = performance.now();
    return signal?.aborted === true;
  }
}
