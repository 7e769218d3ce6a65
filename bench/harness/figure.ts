/** One measured number and its reference, both measured in the same run. */
export interface Figure {
  readonly bench: string;
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  /** Value of the reference, in the same unit. */
  readonly reference: number;
  /** Value divided by reference. */
  readonly ratio: number;
}

/** A figure and the name of its reference. */
export interface Comparison {
  readonly figure: Figure;
  readonly against: string;
}

const DIGITS = 4;

export function compare(
  bench: string,
  figure: string,
  unit: string,
  value: number,
  reference: { readonly value: number; readonly name: string },
): Comparison {
  return {
    figure: {
      bench,
      figure: `${figure}, against ${reference.name}`,
      value: significant(value),
      unit,
      reference: significant(reference.value),
      ratio: significant(value / reference.value),
    },
    against: reference.name,
  };
}

function significant(value: number): number {
  return Number(value.toPrecision(DIGITS));
}
