import { Calendar } from "./calendar.ts";

/** An event of the simulation. `fire` runs at its time and may schedule more events. */
export interface SimEvent {
  fire(): void;
}

/** An event that can be cancelled. */
export interface CancellableEvent extends SimEvent {
  readonly isCancelled: boolean;
}

/**
 * Outcome of a run to a given time. "paused": the caller paused the run. "stuck": too many events fired at the instant `at`, so
 * time would not advance.
 */
export type TimeOutcome =
  | { readonly kind: "reached" }
  | { readonly kind: "paused" }
  | { readonly kind: "stuck"; readonly at: number };

/** Greatest number of events at one instant. */
const EVENTS_PER_INSTANT = 5_000_000;

/** Cancelled events are removed when there are at least this many, and they are at least half of all events. */
const SWEEP_FROM = 1024;

/** Virtual time of a simulation, in seconds from 0, with the events to come. Time moves from one event to the next. */
export class VirtualTime {
  readonly #calendar = new Calendar<SimEvent | CancellableEvent>();
  #now = 0;
  #eventCount = 0;
  #cancelled = 0;
  /** Number of events that may still fire at this instant. */
  #eventsLeft = EVENTS_PER_INSTANT;

  get now(): number {
    return this.#now;
  }

  /** Number of events fired since the start. */
  get eventCount(): number {
    return this.#eventCount;
  }

  /** The events to come, in order. */
  get events(): readonly SimEvent[] {
    return this.#calendar.items;
  }

  /** Schedules an event at `time`, or now if that has passed. */
  add(time: number, event: SimEvent): void {
    this.#calendar.add(time > this.#now ? time : this.#now, event);
  }

  /** Must be called when a scheduled event has been cancelled. */
  noteCancelled(): void {
    this.#cancelled++;
    if (this.#cancelled < SWEEP_FROM || 2 * this.#cancelled < this.#calendar.size) return;
    this.#calendar.retain((event) => !("isCancelled" in event && event.isCancelled));
    this.#cancelled = 0;
  }

  /**
   * Fires all events up to and including `time`, and sets the time to it. After each event `wantsPause` may return true to
   * pause; the next call continues.
   */
  runUntil(time: number, wantsPause: () => boolean = never): TimeOutcome {
    for (let next = this.#calendar.nextTime; next <= time; next = this.#calendar.nextTime) {
      if (next > this.#now) this.#eventsLeft = EVENTS_PER_INSTANT;
      else if (--this.#eventsLeft === 0) return this.#stuck();
      this.#now = next;
      this.#eventCount++;
      this.#calendar.take()?.fire();
      if (wantsPause()) return { kind: "paused" };
    }
    this.#now = Math.max(this.#now, time);
    this.#eventsLeft = EVENTS_PER_INSTANT;
    return { kind: "reached" };
  }

  #stuck(): TimeOutcome {
    this.#eventsLeft = EVENTS_PER_INSTANT;
    return { kind: "stuck", at: this.#now };
  }
}

function never(): boolean {
  return false;
}
