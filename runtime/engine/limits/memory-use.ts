/**
 * Account of the memory of one engine. Memory is counted, not measured, so that the same program with the same inputs exceeds a limit at
 * the same derivation on every machine. Owners of rows add bytes when a row is inserted and subtract them when it is deleted, so packets
 * that change no table cost nothing. docs/operations.md lists the counted amounts.
 */
import { LimitExceeded, type Limits } from "./limits.ts";

/** Memory of a row of a table. This and the following constants are bytes besides the content of values, as measured with Node.js 24. */
export const ROW_BYTES = 240;
/** Row in an index or in the map of primary keys. */
export const INDEX_ENTRY_BYTES = 64;
/** Derivation count of a row of a derived table. */
export const SUPPORT_BYTES = 360;
export const GROUP_BYTES = 320;
/** Body row in a group of an aggregate, or memoised result of an impure function. */
export const ENTRY_BYTES = 192;
/** Entry of the journal. */
export const JOURNAL_BYTES = 72;
/** Result of a rule: an event, a table change, or a tuple to send. */
export const RESULT_BYTES = 96;

/**
 * Bytes by which a step may exceed the limit of memory while it runs, for instance while it replaces rows. `checkEnd` applies the limit
 * without them.
 */
const SLACK_BYTES = 1 << 20;

/**
 * Bytes by which each fact that a step loads raises the limit of the step: a program may start with more rows than a later step may add.
 */
const FACT_BYTES = 4096;

export class MemoryUse {
  /** Bytes of rows, indexes, derivation counts and aggregates. */
  stored = 0;
  /** Bytes of the journal, and of the events, table changes and tuples to send that the running step holds. */
  pending = 0;
  readonly #limits: Limits;
  /** Returns the bytes that queues outside the engine hold. */
  readonly #queued: () => number;
  /** Limit of the sum of `stored` and `pending` in the running step. */
  #ceiling = Infinity;
  /** Bytes of queues before the running step. */
  #queuedBefore = 0;
  #totalBefore = 0;
  #exceeded: "memory" | "stepMemory" = "memory";

  constructor(limits: Limits, queued: () => number) {
    this.#limits = limits;
    this.#queued = queued;
  }

  /** Bytes of rows and queues between two steps. */
  get total(): number {
    return this.stored + this.#queued();
  }

  get limit(): number {
    return this.#limits.memory;
  }

  /** Begins a step, which loads this number of facts. */
  begin(facts: number): void {
    const { memory, stepMemory } = this.#limits;
    this.pending = 0;
    const queued = this.#queued();
    this.#queuedBefore = queued;
    this.#totalBefore = this.stored + queued;
    const ofStep = this.stored + stepMemory + facts * FACT_BYTES;
    const ofNode = Math.max(this.stored, memory - queued) + SLACK_BYTES;
    this.#ceiling = Math.min(ofStep, ofNode);
    this.#exceeded = ofStep < ofNode ? "stepMemory" : "memory";
  }

  /** Whether the running step exceeds its limit of memory. */
  get isExceeded(): boolean {
    return this.stored + this.pending > this.#ceiling;
  }

  /** Throws `LimitExceeded` if the running step exceeds its limit of memory. Called where a step can be undone. */
  check(strand: number): void {
    if (this.stored + this.pending > this.#ceiling) throw new LimitExceeded(this.#exceeded, strand);
  }

  /**
   * Called after the last round of a step. Throws `LimitExceeded` if rows and queues exceed the limit of the node and the step made them
   * grow.
   */
  checkEnd(strand: number): void {
    // Queues grow by at most one entry per row that the step has added, and the entry is smaller than the row.
    if (this.#queuedBefore + 2 * this.stored <= this.#limits.memory) return;
    const { total } = this;
    if (total > this.#limits.memory && total > this.#totalBefore) throw new LimitExceeded("memory", strand);
  }
}
