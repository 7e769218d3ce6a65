/** Figure of a plot as data, which the CSV and the drawing show. */
export interface Figure {
  readonly name: string;
  readonly title: string;
  readonly kind: "throughput" | "rtt" | "path";
  /** Seconds of the run; the time axis ends there. */
  readonly duration: number;
  readonly series: readonly Series[];
}

export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

/**
 * Value from `t` on: bits per second, seconds of a round trip, or a path. Null if there was no answer, and for a path that does not exist.
 */
export interface Point {
  readonly t: number;
  readonly value: number | string | null;
}

/** Event of the topology that had an effect. */
export interface Mark {
  readonly t: number;
  readonly text: string;
}
