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
/**
 * Largest number of buckets of a strand. Tuples can name any number of locations, so a new location displaces the oldest bucket. A
 * location without a bucket starts with a full one.
 */
const LOCATIONS_MAX = 1024;

/** Token bucket, stored as the time at which it will be full, in seconds. */
interface Bucket {
  fullAt: number;
}

/** A token bucket for each strand and location, which holds the tuples of one second. */
export class SendLimit {
  /** Tuples per second; infinite if there is no limit. */
  readonly rate: number;
  /** Buckets by strand and location. */
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

  /** Takes a token for a tuple that the strand sends to the location. Returns false if the bucket is empty. */
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
