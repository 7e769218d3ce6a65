import { Calendar } from "./calendar.ts";

/** Something that is due at a time. `happen` may add to the calendar. */
export interface Happening {
  happen(): void;
}

/** A happening that can be called off. */
export interface Cancellable extends Happening {
  readonly isCancelled: boolean;
}

/**
 * How a stretch of virtual time ended: it was reached, the caller wanted a pause, or so much happened at one instant that
 * time stood still.
 */
export type TimeOutcome =
  | { readonly kind: "reached" }
  | { readonly kind: "paused" }
  | { readonly kind: "stuck"; readonly at: number };

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
  /** What may still happen at this instant. */
  #left = HAPPENINGS_PER_INSTANT;

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

  /**
   * Lets everything happen that is due up to and including `time`, and sets the time to that. `wantsPause` is asked after
   * each happening; who calls again goes on from there.
   */
  runUntil(time: number, wantsPause: () => boolean = never): TimeOutcome {
    for (let next = this.#calendar.nextTime; next <= time; next = this.#calendar.nextTime) {
      if (next > this.#now) this.#left = HAPPENINGS_PER_INSTANT;
      else if (--this.#left === 0) return this.#stuck();
      this.#now = next;
      this.#happened++;
      this.#calendar.take()?.happen();
      if (wantsPause()) return { kind: "paused" };
    }
    this.#now = Math.max(this.#now, time);
    this.#left = HAPPENINGS_PER_INSTANT;
    return { kind: "reached" };
  }

  #stuck(): TimeOutcome {
    this.#left = HAPPENINGS_PER_INSTANT;
    return { kind: "stuck", at: this.#now };
  }
}

function never(): boolean {
  return false;
}
