/** A quantity that is measured once a round. */
export interface Measured<T = number> {
  readonly name: string;
  /** Measures once. Returns NaN when the measurement failed. */
  readonly measure: () => T | Promise<T>;
}

export interface Sample {
  readonly median: number;
  /** Minimum and maximum of the rounds. */
  readonly least: number;
  readonly most: number;
}

/** Rounds of a figure that is published. */
export const ROUNDS = 5;

/**
 * Measures all quantities in turn, round after round, so that other load on the machine affects them alike.
 *
 * @returns the samples by name
 */
export async function measureInRounds(
  measured: readonly Measured[],
  rounds: number = ROUNDS,
): Promise<ReadonlyMap<string, Sample>> {
  const values = await valuesInRounds(measured, rounds);
  return new Map([...values].map(([name, all]) => [name, sampleOf(all)]));
}

/** Like `measureInRounds`, but returns every value, in round order. Every second round runs backwards, against drift. */
export async function valuesInRounds<T>(
  measured: readonly Measured<T>[],
  rounds: number,
): Promise<ReadonlyMap<string, readonly T[]>> {
  const values = new Map(measured.map(({ name }) => [name, [] as T[]]));
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? measured : measured.toReversed();
    for (const { name, measure } of order) values.get(name)?.push(await measure());
  }
  return values;
}

function sampleOf(values: readonly number[]): Sample {
  const sorted = values.filter((value) => !Number.isNaN(value)).toSorted((one, other) => one - other);
  const at = (index: number): number => sorted[index] ?? NaN;
  return { median: at(sorted.length >> 1), least: at(0), most: at(sorted.length - 1) };
}

/** Returns the wall-clock time of `run` in seconds. */
export async function seconds(run: () => void | Promise<void>): Promise<number> {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1e3;
}
