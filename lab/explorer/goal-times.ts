import { type Digest, numberOf } from "./digest.ts";

/** Number of states after which they are forgotten, so that memory is bounded. */
const STATES_MAX = 500_000;
const MICROSECONDS = 1e6;
/** Number of values of the 16 bits of a hash that `numberOf` leaves out. */
const REST = 2 ** 16;
/** Longest time that is kept, in microseconds. With 16 bits of the hash it fits a number exactly. */
const TIME_MAX: number = 2 ** 37;

/** Times until the goal holds on a fair run, by the state of the run. A state with all its times has one continuation. */
export class GoalTimes {
  /** Microseconds and 16 bits of the hash, by the other 48 bits. */
  readonly #times = new Map<number, number>();

  /** Returns the seconds until the goal holds, rounded up to microseconds; undefined if they are not known. */
  get(digest: Digest): number | undefined {
    const known = this.#times.get(numberOf(digest));
    if (known === undefined || known % REST !== digest.high >>> 16) return undefined;
    return Math.floor(known / REST) / MICROSECONDS;
  }

  set(digest: Digest, seconds: number): void {
    const time = Math.ceil(seconds * MICROSECONDS);
    if (time >= TIME_MAX) return;
    if (this.#times.size >= STATES_MAX) this.#times.clear();
    this.#times.set(numberOf(digest), time * REST + (digest.high >>> 16));
  }
}
