import { Calendar } from "./calendar.ts";

/** Something that is due at a time. `happen` may add to the calendar. */
export interface Happening {
  happen(): void;
}

/** A happening that can be called off. */
export interface Cancellable extends Happening {
  readonly isCancelled: boolean;
}

/** How a stretch of virtual time ended: it was reached, or so much happened at one instant that time stood still. */
export type TimeOutcome = { readonly kind: "reached" } | { readonly kind: "stuck"; readonly at: number };

/** So much may happen without the time moving on. */
const HAPPENINGS_PER_INSTANT = 5_000_000;

/** Cancelled happenings are swept out when there are this many, and more of them than of the others. */
const SWEEP_FROM = 1024;

/** The time of a simulation, in seconds from 0, and what is due. It moves only from one happening to the next. */
export class VirtualTime {
  readonly #calendar = new Calendar<Happening | Cancellable>();
  #now = 0;
  #happened = 0;
  #cancelled = 0;

  get now(): number {
    return this.#now;
  }

  /** How many things have happened since the start. */
  get happened(): number {
    return this.#happened;
  }

  /** Adds what is due at `time`, or now if that is past. */
  add(time: number, happening: Happening): void {
    this.#calendar.add(time > this.#now ? time : this.#now, happening);
  }

  /** Told when something that was added has been cancelled before its time. */
  noteCancelled(): void {
    this.#cancelled++;
    if (this.#cancelled < SWEEP_FROM || 2 * this.#cancelled < this.#calendar.size) return;
    this.#calendar.retain((happening) => !("isCancelled" in happening && happening.isCancelled));
    this.#cancelled = 0;
  }

  /** Lets everything happen that is due up to and including `time`, and sets the time to that. */
  runUntil(time: number): TimeOutcome {
    let left = HAPPENINGS_PER_INSTANT;
    for (let next = this.#calendar.nextTime; next <= time; next = this.#calendar.nextTime) {
      if (next > this.#now) left = HAPPENINGS_PER_INSTANT;
      else if (--left === 0) return { kind: "stuck", at: this.#now };
      this.#now = next;
      this.#happened++;
      this.#calendar.take()?.happen();
    }
    this.#now = Math.max(this.#now, time);
    return { kind: "reached" };
  }
}
