import type { Clock, Timer } from "../../runtime/world/world.ts";
import { ExploredClock } from "./explored-clock.ts";

interface Alarm {
  readonly at: number;
  readonly fire: () => void;
  timer: Timer;
}

/** Clock of a simulated node that an exploration takes over: until then the clock of the simulator. */
export class TakenClock implements Clock {
  #clock: Clock;
  #isTaken = false;
  /** Alarms that the simulator has not fired yet, in the order in which they were set. */
  readonly #waiting = new Set<Alarm>();

  constructor(simulated: Clock) {
    this.#clock = simulated;
  }

  now(): number {
    return this.#clock.now();
  }

  at(time: number, fire: () => void): Timer {
    if (this.#isTaken) return this.#clock.at(time, fire);
    const fired = (): void => {
      this.#waiting.delete(alarm);
      fire();
    };
    const alarm: Alarm = { at: time, fire, timer: this.#clock.at(time, fired) };
    this.#waiting.add(alarm);
    return {
      cancel: () => {
        this.#waiting.delete(alarm);
        alarm.timer.cancel();
      },
    };
  }

  soon(fire: () => void): void {
    this.#clock.soon(fire);
  }

  /** Returns the clock that goes on from the present time, with the alarms that are set. */
  takeOver(): ExploredClock {
    const explored = new ExploredClock(this.#clock.now());
    for (const alarm of this.#waiting) {
      alarm.timer.cancel();
      alarm.timer = explored.at(alarm.at, alarm.fire);
    }
    this.#clock = explored;
    this.#isTaken = true;
    return explored;
  }
}
