import { performance } from "node:perf_hooks";

/**
 * Greatest difference to the clock of the system that is not corrected. It allows for the resolution of that clock and the time between the
 * two readings.
 */
const TOLERANCE_SECONDS = 0.002;

/**
 * The clock of the system (CLOCK_REALTIME) in seconds since 1970, with the resolution of the monotonic clock. It follows the clock of the
 * system when that clock is set.
 */
export class WallClock {
  readonly #realtime: () => number;
  readonly #monotonic: () => number;
  #offset: number;

  /** Both functions return milliseconds. */
  constructor(
    realtime: () => number = () => Date.now(),
    monotonic: () => number = () => performance.timeOrigin + performance.now(),
  ) {
    this.#realtime = realtime;
    this.#monotonic = monotonic;
    this.#offset = (realtime() - monotonic()) / 1e3;
  }

  readonly now = (): number => {
    const realtime = this.#realtime() / 1e3;
    const monotonic = this.#monotonic() / 1e3;
    if (Math.abs(monotonic + this.#offset - realtime) > TOLERANCE_SECONDS) this.#offset = realtime - monotonic;
    return monotonic + this.#offset;
  };
}
