/**
 * The rate at which each rule may send to each location. `dataflow.ts` asks it for every tuple of a step that no device and no operator
 * started, so that rules which raise each other for ever across steps or nodes leave processor and network to the other rules.
 */
import { type Key, keyOf } from "../../plan/values/key.ts";
import type { Value } from "../../plan/values/value.ts";

/** Tuples that a rule may send to one location in a second, if nothing else is set. */
export const DEFAULT_SEND_RATE = 10_000;

/** A rule may send the tuples of one second at once. */
const BURST_SECONDS = 1;
/** Locations come from tuples, so their number is bounded. A location that was forgotten has a full burst again. */
const LOCATIONS_MAX = 1024;

/** Token buckets of one second's tuples, for each strand and location. */
export class SendLimit {
  /** Tuples in a second; infinite if there is no limit. */
  readonly rate: number;
  /** By strand and location: the time at which the tuples sent so far are paid for. */
  readonly #paidAt: Map<Key, number>[];

  constructor(rate: number, strands: number) {
    this.rate = rate;
    this.#paidAt = Array.from({ length: strands }, () => new Map<Key, number>());
  }

  /** Whether the strand has used more than half of the burst for the location at `now`, in seconds. */
  isStrained(strand: number, location: Value, now: number): boolean {
    return (this.#paidAt[strand]?.get(keyOf(location)) ?? now) - now > BURST_SECONDS / 2;
  }

  /** Takes a tuple of the strand for the location. False if it exceeds the rate. */
  take(strand: number, location: Value, now: number): boolean {
    const interval = 1 / this.rate;
    const byLocation = this.#paidAt[strand];
    if (interval === 0 || byLocation === undefined) return true;
    const key = keyOf(location);
    const before = byLocation.get(key);
    const paidAt = Math.max(now, before ?? now) + interval;
    // Half an interval absorbs rounding errors.
    if (paidAt - now > BURST_SECONDS + interval / 2) return false;
    if (before === undefined && byLocation.size >= LOCATIONS_MAX) forgetOldest(byLocation);
    byLocation.set(key, paidAt);
    return true;
  }
}

function forgetOldest(byLocation: Map<Key, number>): void {
  const [oldest] = byLocation.keys();
  if (oldest !== undefined) byLocation.delete(oldest);
}
