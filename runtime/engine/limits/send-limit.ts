/**
 * Limit of the rate at which a rule sends to a location. Without it, rules that trigger each other for ever, across steps or nodes, would
 * use all of the processor and the network. `dataflow.ts` calls it for each tuple, except in steps that the device or an operator started.
 */
import { type Key, keyOf } from "../../plan/values/key.ts";
import type { Value } from "../../plan/values/value.ts";

/** Tuples that a rule may send to one location in a second, if nothing else is set. */
export const DEFAULT_SEND_RATE = 10_000;

/** A rule may send the tuples of one second at once. */
const BURST_SECONDS = 1;
/** Locations come from tuples, so the number of buckets is bounded. After its bucket was deleted, a location has a full bucket again. */
const LOCATIONS_MAX = 1024;

/** A token bucket: the time at which it is full again, in seconds. */
interface Bucket {
  fullAt: number;
}

/** A token bucket for each strand and location, which holds the tuples of one second. */
export class SendLimit {
  /** Tuples in a second; infinite if there is no limit. */
  readonly rate: number;
  /** By strand and location. */
  readonly #buckets: Map<Key, Bucket>[];

  constructor(rate: number, strands: number) {
    this.rate = rate;
    this.#buckets = Array.from({ length: strands }, () => new Map<Key, Bucket>());
  }

  /** Whether the bucket of the strand and location is less than half full at `now`, in seconds. */
  isStrained(strand: number, location: Value, now: number): boolean {
    const bucket = this.#buckets[strand]?.get(keyOf(location));
    return bucket !== undefined && bucket.fullAt - now > BURST_SECONDS / 2;
  }

  /** Takes a token for a tuple of the strand for the location. False if the bucket is empty. */
  take(strand: number, location: Value, now: number): boolean {
    const interval = 1 / this.rate;
    const byLocation = this.#buckets[strand];
    if (interval === 0 || byLocation === undefined) return true;
    const key = keyOf(location);
    const bucket = byLocation.get(key);
    const fullAt = Math.max(now, bucket?.fullAt ?? now) + interval;
    // Half an interval absorbs rounding errors.
    if (fullAt - now > BURST_SECONDS + interval / 2) return false;
    if (bucket === undefined) addBucket(byLocation, key, { fullAt });
    else bucket.fullAt = fullAt;
    return true;
  }
}

function addBucket(byLocation: Map<Key, Bucket>, key: Key, bucket: Bucket): void {
  const [oldest] = byLocation.keys();
  if (byLocation.size >= LOCATIONS_MAX && oldest !== undefined) byLocation.delete(oldest);
  byLocation.set(key, bucket);
}
