/** What one step may do before it is stopped and taken back. */
export interface Limits {
  readonly rounds: number;
  /** Events, table changes and sends that rules derive in one step. */
  readonly derivations: number;
  /** Causes waiting for their step. */
  readonly queued: number;
  /** About what they may hold, in bytes. */
  readonly queuedBytes: number;
  /** Asked now and then: whether there is no room for more rows. */
  readonly memory: () => boolean;
}

export const defaultLimits: Limits = {
  rounds: 1_000,
  derivations: 1_000_000,
  queued: 100_000,
  queuedBytes: 64 << 20,
  memory: () => false,
};

/** Ends the step under way; caught by the engine that is stepping, never seen outside it. */
export class LimitExceeded extends Error {
  readonly limit: keyof Limits;
  /** The strand that went on when it was passed. */
  readonly strand: number;

  constructor(limit: keyof Limits, strand: number) {
    super(`a step passed its limit of ${limit}`);
    this.limit = limit;
    this.strand = strand;
  }
}
