/** A measurement and its reference, taken one directly after the other. */
export interface Pair {
  readonly value: number;
  readonly reference: number;
}

/** The pairs at the quartiles of the ratios. */
export interface PairQuartiles {
  readonly lower: Pair;
  readonly median: Pair;
  readonly upper: Pair;
}

/**
 * Returns the quartiles of the ratios of pairs. The speed of a shared machine drifts by ten percent within a minute, so only
 * measurements of the same moment are compared. The distance of the quartiles shows how reliable the median is.
 */
export function pairQuartiles(values: readonly number[], references: readonly number[]): PairQuartiles {
  const pairs = values
    .map((value, at) => ({ value, reference: references[at] ?? NaN }))
    .toSorted((one, other) => one.value / one.reference - other.value / other.reference);
  const at = (part: number): Pair => pairs[Math.floor((pairs.length - 1) * part)] ?? { value: NaN, reference: NaN };
  return { lower: at(0.25), median: at(0.5), upper: at(0.75) };
}
