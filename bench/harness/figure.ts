/** One measured number, never without the number it is compared with, which was measured in the same run. */
export interface Figure {
  readonly bench: string;
  readonly figure: string;
  readonly value: number;
  readonly unit: string;
  /** In the same unit. */
  readonly reference: number;
  /** Value over reference. */
  readonly ratio: number;
}

/** What a figure is compared with, in words for those who read. */
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
