/** Limits of one step. A step that exceeds one is stopped and undone. */
export interface Limits {
  readonly rounds: number;
  /** Number of events, table changes, sends and derivations of derived tables. */
  readonly derivations: number;
  /** Inputs that may wait in Mux. */
  readonly queued: number;
  /** Approximate memory of the waiting inputs, in bytes. */
  readonly queuedBytes: number;
  /** Returns whether memory is short. Called once per 65,536 derivations of a step. */
  readonly memory: () => boolean;
}

export const defaultLimits: Limits = {
  rounds: 1_000,
  derivations: 1_000_000,
  queued: 100_000,
  queuedBytes: 64 << 20,
  memory: () => false,
};

/** Exception that ends the running step. The engine catches it and undoes the step; it never leaves the engine. */
export class LimitExceeded extends Error {
  readonly limit: keyof Limits;
  /** Strand that ran when the limit was exceeded. */
  readonly strand: number;

  constructor(limit: keyof Limits, strand: number) {
    super(`a step exceeded its limit of ${limit}`);
    this.limit = limit;
    this.strand = strand;
  }
}
