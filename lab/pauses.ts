import { setImmediate } from "node:timers/promises";

/** Others, signals among them, wait no longer than about this. */
const WORK_MS = 100;

/** The pauses in long work that nothing else interrupts. */
export class Pauses {
  #began = performance.now();

  get isDue(): boolean {
    return performance.now() - this.#began > WORK_MS;
  }

  /** Makes a pause if one is due, in which a signal may arrive; whether one has. */
  async isInterrupted(signal: AbortSignal | undefined): Promise<boolean> {
    if (!this.isDue) return false;
    await setImmediate();
    this.#began = performance.now();
    return signal?.aborted === true;
  }
}
