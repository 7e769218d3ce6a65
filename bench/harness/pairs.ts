/** What was measured, and what it is compared with, which was measured right before or after. */
export interface Pair {
  readonly value: number;
  readonly reference: number;
}

/** Three of many pairs, in the order of their ratios: those that a quarter, half and three quarters are below. */
export interface PairQuartiles {
  readonly lower: Pair;
  readonly median: Pair;
  readonly upper: Pair;
}

/**
 * A difference of a percent on a machine that is a tenth faster now than a minute ago: what was measured at the same time is
 * compared, and of the ratios the median is taken. How far apart the quartiles are says how much the median is worth.
 */
export function pairQuartiles(values: readonly number[], references: readonly number[]): PairQuartiles {
  const pairs = values
    .map((value, at) => ({ value, reference: references[at] ?? NaN }))
    .toSorted((one, other) => one.value / one.reference - other.value / other.reference);
  const at = (part: number): Pair => pairs[Math.floor((pairs.length - 1) * part)] ?? { value: NaN, reference: NaN };
  return { lower: at(0.25), median: at(0.5), upper: at(0.75) };
}
