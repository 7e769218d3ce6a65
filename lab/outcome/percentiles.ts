/** Limit of kept values. When it is reached, every second value is dropped. */
const VALUES_MAX = 1 << 18;

/** Percentiles of a sample: nearest rank. */
export interface PercentileSummary {
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * Returns the least value of a sorted sample such that at least the given share of the values is not greater (nearest rank). The sample
 * must not be empty.
 */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

/** Returns the percentiles of a sample in ascending order. Null if it is empty. */
export function percentilesOf(sorted: readonly number[]): PercentileSummary | null {
  if (sorted.length === 0) return null;
  const at = (share: number): number => quantile(sorted, share);
  return { p50: at(0.5), p90: at(0.9), p95: at(0.95), p99: at(0.99), max: at(1) };
}

/** Sample of a stream of values. Keeps at most 262,144 of them, evenly spread. */
export class Sample {
  #values: number[] = [];
  #stride = 1;
  #seen = 0;

  add(value: number): void {
    if (this.#seen++ % this.#stride !== 0) return;
    this.#values.push(value);
    if (this.#values.length < VALUES_MAX) return;
    this.#values = this.#values.filter((_, at) => at % 2 === 0);
    this.#stride *= 2;
  }

  get percentiles(): PercentileSummary | null {
    return percentilesOf(this.#values.toSorted((one, other) => one - other));
  }
}
