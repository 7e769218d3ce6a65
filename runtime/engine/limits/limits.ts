/** Limits of one step. A step that exceeds one is stopped and undone. */
export interface Limits {
  readonly rounds: number;
  /** Number of events, table changes, sends and derivations of derived tables. */
  readonly derivations: number;
  /** Inputs that may wait in Mux. */
  readonly queued: number;
  /** Approximate memory of the waiting inputs, in bytes. */
  readonly queuedBytes: number;
  /** Approximate memory of all rows and queues of the node, in bytes. See `MemoryUse`. */
  readonly memory: number;
  /** Approximate memory that one step may add, in bytes: rows, journal, and the results of rules that the step holds. */
  readonly stepMemory: number;
  /** Rows of one step in a recursive stratum whose rules compute new values. Only such a recursion can have no end. */
  readonly computedRows: number;
  /** Rows of tables and items of lists that the joins of one step may visit. */
  readonly visits: number;
  /**
   * Approximate memory of the results of rules that trigger each other and may have no end (`CycleRole`), in bytes: of one step, or of
   * all steps if `endsAtLimit`.
   */
  readonly cycleBytes: number;
}

/** Share of `memory` that one step may add. */
const STEP_SHARE = 1 / 6;
/** Bytes that a step may add for each row of a recursion that computes values: several times the memory of a row. */
const COMPUTED_ROW_BYTES = 2048;
/** Share of the memory of a step that rules which may have no end can take. */
const CYCLE_SHARE = 1 / 4;
/** Share of `memory` that the inputs in Mux may take. */
const QUEUE_SHARE = 1 / 8;
const QUEUED_BYTES = 64 << 20;
/** The script `mosaic` has the same number, for the heap of V8. */
const DEFAULT_MEMORY = 3 * 2 ** 30;

/** Returns the limits of memory of a node, of which rows and queues may take `memory` bytes. */
export function memoryLimits(memory: number): Omit<Limits, "rounds" | "derivations" | "visits" | "queued"> {
  return { memory, ...stepLimits(memory * STEP_SHARE), queuedBytes: Math.min(QUEUED_BYTES, memory * QUEUE_SHARE) };
}

/** Returns the limits of memory of a step that may add this number of bytes. */
export function stepLimits(stepMemory: number): Pick<Limits, "stepMemory" | "computedRows" | "cycleBytes"> {
  return {
    stepMemory,
    computedRows: Math.floor(stepMemory / COMPUTED_ROW_BYTES),
    cycleBytes: stepMemory * CYCLE_SHARE,
  };
}

/**
 * Whether the first step that exceeds a limit is the last one, as in `mosaic eval`. It is not undone, so the journal is disabled, and
 * rules that trigger each other are counted over all steps.
 */
export function endsAtLimit({ derivations }: Pick<Limits, "derivations">): boolean {
  return derivations === Infinity;
}

export const defaultLimits: Limits = {
  rounds: 1_000,
  derivations: 1_000_000,
  visits: 20_000_000,
  queued: 100_000,
  ...memoryLimits(DEFAULT_MEMORY),
};

/** Names of limits in messages. */
const LIMIT_NAMES: Readonly<Record<keyof Limits, string>> = {
  rounds: "rounds",
  derivations: "derivations",
  visits: "visited rows",
  queued: "queued inputs",
  queuedBytes: "queued bytes",
  memory: "memory",
  stepMemory: "memory in one step",
  computedRows: "rows of a recursion that computes values",
  cycleBytes: "memory of rules that trigger each other",
};

/** Returns the name of a limit, as in "a step exceeded its limit of rounds", behind its number if that is given. */
export function limitName(limit: keyof Limits, most?: number): string {
  return most === undefined ? LIMIT_NAMES[limit] : `${most} ${LIMIT_NAMES[limit]}`;
}

/** Exception that ends the running step. The engine catches it and undoes the step; it never leaves the engine. */
export class LimitExceeded extends Error {
  readonly limit: keyof Limits;
  /** Strand that ran when the limit was exceeded; -1 if the step had run none. */
  readonly strand: number;
  /** Number of the limit, if it depends on the step. */
  readonly most: number | undefined;

  constructor(limit: keyof Limits, strand: number, most?: number) {
    super(`a step exceeded its limit of ${limitName(limit, most)}`);
    this.limit = limit;
    this.strand = strand;
    this.most = most;
  }
}
