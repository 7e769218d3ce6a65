import { performance } from "node:perf_hooks";
import type { Clock, Timer } from "../world/world.ts";

/** Greatest delay of setTimeout. A timeout with a greater delay fires after 1 ms. */
const TIMEOUT_MAX_MS = 2 ** 31 - 1;

/** The monotonic clock of this process, in seconds since its start. */
export class LinuxClock implements Clock {
  /** Uses `performance` of `node:perf_hooks`, because the global `performance` is a getter that runs at each call. */
  now(): number {
    return performance.now() / 1000;
  }

  at(time: number, fire: () => void): Timer {
    return new LinuxTimer(this, time, fire);
  }

  soon(fire: () => void): void {
    setImmediate(fire);
  }
}

/**
 * Uses several timeouts if necessary: the delay of a timeout is limited, and a timeout may fire up to a millisecond early by this clock.
 */
class LinuxTimer implements Timer {
  readonly #clock: Clock;
  readonly #time: number;
  readonly #fire: () => void;
  #timeout: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;

  constructor(clock: Clock, time: number, fire: () => void) {
    this.#clock = clock;
    this.#time = time;
    this.#fire = fire;
    if (clock.now() < time) this.#wait();
    else this.#immediate = setImmediate(fire);
  }

  cancel(): void {
    clearTimeout(this.#timeout);
    clearImmediate(this.#immediate);
  }

  #wait(): void {
    // The time may have come since the caller compared it with the clock; Node.js warns about a negative delay.
    const leftMs = Math.max(1, Math.ceil((this.#time - this.#clock.now()) * 1000));
    this.#timeout = setTimeout(() => this.#check(), Math.min(leftMs, TIMEOUT_MAX_MS));
  }

  #check(): void {
    if (this.#clock.now() < this.#time) this.#wait();
    else this.#fire();
  }
}
