import type { Clock, Timer } from "../world/world.ts";

/** Alarm at which the next row of a node expires: one for all tables. */
export class ExpiryAlarm {
  readonly #clock: Clock;
  readonly #expire: () => void;
  #set: { readonly at: number; readonly timer: Timer } | undefined;

  /** `expire` is called when a row may have expired. */
  constructor(clock: Clock, expire: () => void) {
    this.#clock = clock;
    this.#expire = expire;
  }

  /** Sets the alarm to a time in seconds, unless it fires earlier. Infinity sets no alarm. */
  arm(at: number): void {
    if (at === Infinity || (this.#set !== undefined && this.#set.at <= at)) return;
    this.cancel();
    this.#set = { at, timer: this.#clock.at(at, () => this.#fire()) };
  }

  cancel(): void {
    this.#set?.timer.cancel();
  }

  /** Returns a function that takes the present alarm to be set again. */
  save(): () => void {
    const set = this.#set;
    return () => {
      this.#set = set;
    };
  }

  #fire(): void {
    this.#set = undefined;
    this.#expire();
  }
}
