import type { Clock, Timer } from "../world/world.ts";
import type { CancellableEvent, VirtualTime } from "./virtual-time.ts";

/** Clock of one run of a simulated host. Once the host is down, none of its timers fires. */
export class SimClock implements Clock {
  readonly #time: VirtualTime;
  #isStopped = false;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  now(): number {
    return this.#time.now;
  }

  at(time: number, fire: () => void): Timer {
    const timer = new SimTimer(this, this.#time, fire);
    this.#time.add(time, timer);
    return timer;
  }

  soon(fire: () => void): void {
    this.#time.add(this.#time.now, new SimTimer(this, this.#time, fire));
  }

  stop(): void {
    this.#isStopped = true;
  }
}

class SimTimer implements Timer, CancellableEvent {
  readonly #clock: SimClock;
  readonly #time: VirtualTime;
  #fire: (() => void) | undefined;

  constructor(clock: SimClock, time: VirtualTime, fire: () => void) {
    this.#clock = clock;
    this.#time = time;
    this.#fire = fire;
  }

  get isCancelled(): boolean {
    return this.#fire === undefined || this.#clock.isStopped;
  }

  fire(): void {
    const fire = this.#fire;
    this.#fire = undefined;
    if (fire !== undefined && !this.#clock.isStopped) fire();
  }

  cancel(): void {
    if (this.#fire === undefined) return;
    this.#fire = undefined;
    this.#time.noteCancelled();
  }
}
