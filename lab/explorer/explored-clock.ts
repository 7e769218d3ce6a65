import type { Clock, Timer } from "../../runtime/world/world.ts";

interface Alarm {
  readonly at: number;
  readonly fire: () => void;
}

/** Number of callbacks of `soon` after which a node counts as never at rest. Mux runs up to 256 steps in one of them. */
const CALLBACKS_MAX = 1000;

/**
 * Clock of a node whose time stands still, except that `fireNext` moves it to the next alarm. Alarms with equal times fire in the order in
 * which they were set.
 */
export class ExploredClock implements Clock {
  #now: number;
  /** Alarms by time. The array is replaced, never changed, so that `save` need not copy it. */
  #alarms: readonly Alarm[] = [];
  readonly #soon: (() => void)[] = [];

  constructor(now: number = 0) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  at(time: number, fire: () => void): Timer {
    const alarm = { at: time, fire };
    const place = this.#alarms.findIndex(({ at }) => at > time);
    this.#alarms = place < 0 ? [...this.#alarms, alarm] : this.#alarms.toSpliced(place, 0, alarm);
    return {
      cancel: () => {
        if (this.#alarms.includes(alarm)) this.#alarms = this.#alarms.filter((one) => one !== alarm);
      },
    };
  }

  soon(fire: () => void): void {
    this.#soon.push(fire);
  }

  /** Time of the next alarm; infinite if there is none. */
  get next(): number {
    return this.#alarms[0]?.at ?? Infinity;
  }

  /** Moves on to a time, but not beyond the next alarm. */
  moveTo(time: number): void {
    this.#now = Math.max(this.#now, Math.min(time, this.next));
  }

  /** Moves to the time of the next alarm, and fires it. */
  fireNext(): void {
    const [alarm, ...others] = this.#alarms;
    if (alarm === undefined) return;
    this.#alarms = others;
    this.#now = Math.max(this.#now, alarm.at);
    alarm.fire();
  }

  /** Runs the callbacks of `soon` until none is left. Returns false if there is no end of them. */
  settle(): boolean {
    for (let run = 0; run < CALLBACKS_MAX; run++) {
      const next = this.#soon.shift();
      if (next === undefined) return true;
      next();
    }
    this.#soon.length = 0;
    return false;
  }

  /** Returns a function that sets time and alarms back to their present state. */
  save(): () => void {
    const [now, alarms] = [this.#now, this.#alarms];
    return () => {
      this.#now = now;
      this.#alarms = alarms;
    };
  }
}
