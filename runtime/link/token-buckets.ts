/** Rate limits of many sources: each has a bucket of tokens, and a bounded number of buckets is remembered. */

export interface BucketLimits {
  /** Tokens that a bucket gets in a second, and the most that it holds. */
  readonly rate: number;
  readonly burst: number;
  /** Number of buckets. When there are more sources, the one that was seen least recently starts anew. */
  readonly sources: number;
}

interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

export class TokenBuckets {
  readonly #limits: BucketLimits;
  /** In the order of the latest use. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(limits: BucketLimits) {
    this.#limits = limits;
  }

  /** Takes a token of a source at a time, in seconds. Returns false if it has none. */
  take(source: string, now: number): boolean {
    const { rate, burst, sources } = this.#limits;
    const { tokens, at } = this.#buckets.get(source) ?? { tokens: burst, at: now };
    const filled = Math.min(burst, tokens + rate * (now - at));
    const isTaken = filled >= 1;
    this.#buckets.delete(source);
    this.#buckets.set(source, { tokens: isTaken ? filled - 1 : filled, at: now });
    if (this.#buckets.size > sources) {
      const [oldest = source] = this.#buckets.keys();
      this.#buckets.delete(oldest);
    }
    return isTaken;
  }
}
