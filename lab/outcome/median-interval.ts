/** Median of a sample with a confidence interval. Values can be infinite. */
export interface MedianInterval {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  /** Probability with which the interval contains the median of the distribution. */
  readonly coverage: number;
}

const LEVEL = 0.95;

/**
 * Returns the median and its interval by order statistics: from the k-th least to the k-th greatest value, with the greatest k whose
 * coverage is at least 95 % by the binomial distribution. It assumes nothing about the distribution of the values. For fewer than six
 * values the interval is their whole range, and its coverage is below 95 %. The sample must not be empty.
 */
export function medianInterval(values: readonly number[]): MedianInterval {
  const sorted = values.toSorted((one, other) => (one === other ? 0 : one - other));
  const count = sorted.length;
  const at = (rank: number): number => sorted[rank - 1] ?? 0;
  const middle = [at(Math.ceil(count / 2)), at(Math.floor(count / 2) + 1)] as const;
  const median = middle[0] === middle[1] ? middle[0] : (middle[0] + middle[1]) / 2;
  const { rank, coverage } = intervalRank(count);
  return { median, low: at(rank), high: at(count + 1 - rank), coverage };
}

/** Returns the rank of the lower end of the interval, and its coverage. */
export function intervalRank(count: number): { readonly rank: number; readonly coverage: number } {
  let rank = 1;
  let outside = 0.5 ** count;
  let probability = outside;
  for (let next = 1; next < count / 2; next++) {
    probability *= (count - next + 1) / next;
    if (1 - 2 * (outside + probability) < LEVEL) break;
    outside += probability;
    rank = next + 1;
  }
  return { rank, coverage: Math.max(0, 1 - 2 * outside) };
}
