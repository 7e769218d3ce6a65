/**
 * Limits of a node. `queued` and `queuedBytes` limit the queue of Mux. A step that exceeds one of the other limits is stopped and undone.
 */
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
  /** Rows that one step may insert in a recursive stratum whose rules compute new values. Only such a recursion can have no end. */
  readonly computedRows: number;
  /** Rows of tables and items of lists that the joins of one step may visit. */
  readonly visits: number;
  /**
   * Approximate memory, in bytes, of the results of rules that trigger each other in a cycle that may have no end (`CycleRole`). Applies
   * to one step, or to all steps together if `endsAtLimit`.
   */
  readonly cycleBytes: number;
}

/** Share of `memory` that one step may add. */
const STEP_SHARE = 1 / 6;
/** Bytes of `stepMemory` for each row of `computedRows`: several times the memory of a row. */
const COMPUTED_ROW_BYTES = 2048;
/** Share of `stepMemory` for the results of rules that trigger each other in a cycle that may have no end. */
const CYCLE_SHARE = 1 / 4;
/** Share of `memory` that the inputs in Mux may take. */
const QUEUE_SHARE = 1 / 8;
const QUEUED_BYTES = 64 << 20;
/** The script `mosaic` contains the same number: it sets the heap of V8 accordingly. */
const DEFAULT_MEMORY = 3 * 2 ** 30;

/** Returns the memory limits of a node whose rows and queues may take `memory` bytes. */
export function memoryLimits(memory: number): Omit<Limits, "rounds" | "derivations" | "visits" | "queued"> {
  return { memory, ...stepLimits(memory * STEP_SHARE), queuedBytes: Math.min(QUEUED_BYTES, memory * QUEUE_SHARE) };
}

/** Returns the memory limits of a step that may add `stepMemory` bytes. */
export function stepLimits(stepMemory: number): Pick<Limits, "stepMemory" | "computedRows" | "cycleBytes"> {
  return {
    stepMemory,
    computedRows: Math.floor(stepMemory / COMPUTED_ROW_BYTES),
    cycleBytes: stepMemory * CYCLE_SHARE,
  };
}

/**
 * Whether the first step that exceeds a limit is the last one, as in `mosaic eval`. That step is not undone, so the journal is disabled.
 * `cycleBytes` then applies to all steps together.
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

/** A limit that a step can exceed. `key` is the length of the longest key of values (`KEY_MAX`), the same for all nodes. */
export type LimitName = keyof Limits | "key";

/** Names of limits in messages. */
const LIMIT_NAMES: Readonly<Record<LimitName, string>> = {
  rounds: "rounds",
  derivations: "derivations",
  visits: "visited rows",
  queued: "queued inputs",
  queuedBytes: "queued bytes",
  memory: "memory",
  stepMemory: "memory in one step",
  computedRows: "rows of a recursion that computes values",
  cycleBytes: "memory of rules that trigger each other",
  key: "characters in the key of a tuple",
};

/** Returns the name of a limit, as in "a step exceeded its limit of rounds". If `most` is given, the number stands before the name. */
export function limitName(limit: LimitName, most?: number): string {
  return most === undefined ? LIMIT_NAMES[limit] : `${most} ${LIMIT_NAMES[limit]}`;
}

/** Exception that ends the running step. The engine catches it and undoes the step. The exception never leaves the engine. */
export class LimitExceeded extends Error {
  readonly limit: LimitName;
  /** Strand that ran when the limit was exceeded; -1 if the step had run none. */
  readonly strand: number;
  /** Value of the limit, if it depends on the step. */
  readonly most: number | undefined;

  constructor(limit: LimitName, strand: number, most?: number) {
    super(`a step exceeded its limit of ${limitName(limit, most)}`);
    this.limit = limit;
    this.strand = strand;
    this.most = most;
  }
}
