import type { PairQuartiles } from "../harness/pairs.ts";

/** How much worse a workload may be than the commit against itself. */
const TOLERANCE = 0.03;

/** Cost of one workload in two trees. In each pair `reference` is the cost in the commit. */
export interface TreeComparison {
  readonly workload: string;
  readonly unit: string;
  /** This tree against the commit. */
  readonly change: PairQuartiles;
  /** A second checkout of the commit against the first. */
  readonly noise: PairQuartiles;
}

/** Whether the median ratio exceeds the commit's ratio to itself by more than 3 %. A workload that failed is worse. */
export function isWorse({ change, noise }: TreeComparison): boolean {
  return !(ratio(change.median) - ratio(noise.median) <= TOLERANCE);
}

/** One line: the median ratio and its quartiles, then the same for the commit against itself. */
export function describeComparison(comparison: TreeComparison): string {
  const { workload, unit, change, noise } = comparison;
  const { value, reference } = change.median;
  const costs = `${significant(value)} to ${significant(reference)} ${unit}`;
  const verdict = isWorse(comparison) ? "  WORSE" : "";
  return `${workload.padEnd(22)} ${spread(change)}   commit to itself ${spread(noise)}   ${costs}${verdict}`;
}

function spread({ lower, median, upper }: PairQuartiles): string {
  const [low, middle, high] = [lower, median, upper].map((pair) => ratio(pair).toFixed(3));
  return `${middle} (${low} to ${high})`;
}

function ratio({ value, reference }: PairQuartiles["median"]): number {
  return value / reference;
}

function significant(value: number): string {
  return value.toPrecision(3);
}
