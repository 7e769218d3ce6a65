/**
 * Account of the memory of one engine, by counting: the same program with the same inputs exceeds a limit at the same derivation on every
 * machine. Owners of rows add and subtract bytes when a row comes or goes, so probes and packets that change no table cost nothing.
 * docs/operations.md describes the amounts.
 */
import { LimitExceeded, type Limits } from "./limits.ts";

/** Memory besides the content of values, in bytes, as measured with Node.js 24. */
export const ROW_BYTES = 240;
/** Row in an index or in the map of primary keys. */
export const INDEX_ENTRY_BYTES = 64;
/** Derivation count of a row of a derived table. */
export const SUPPORT_BYTES = 360;
export const GROUP_BYTES = 320;
/** Body rows of an aggregate's group, and memoised results of impure functions. */
export const ENTRY_BYTES = 160;
/** Entry of the journal. */
export const JOURNAL_BYTES = 72;
/** Event, table change or tuple to send that a rule derived. */
export const RESULT_BYTES = 96;

/** Growth beyond the limit of memory that a step may need while it replaces rows, in bytes. It must be gone at the end of the step. */
const SLACK_BYTES = 1 << 20;

/** Memory that one step may add for each fact that it loads: a program may start with more rows than a later step may add. */
const FACT_BYTES = 4096;

export class MemoryUse {
  /** Bytes of rows, indexes, derivation counts and aggregates. */
  stored = 0;
  /** Bytes of the journal, and of the events, table changes and tuples to send that the running step holds. */
  pending = 0;
  readonly #limits: Limits;
  /** Bytes that queues outside the engine hold. */
  readonly #queued: () => number;
  /** Greatest sum of `stored` and `pending` in the running step. */
  #ceiling = Infinity;
  /** Queues, and rows and queues, before the running step. */
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

  /** Whether the running step holds too much. */
  get isExceeded(): boolean {
    return this.stored + this.pending > this.#ceiling;
  }

  /** Throws `LimitExceeded` if the running step holds too much. Called where a step can be undone. */
  check(strand: number): void {
    if (this.stored + this.pending > this.#ceiling) throw new LimitExceeded(this.#exceeded, strand);
  }

  /** Throws `LimitExceeded` if the step, which has run all its rounds, made the rows and queues of a full node grow. */
  checkEnd(strand: number): void {
    // A queue holds at most one entry, which is smaller, for each row that the step has added.
    if (this.#queuedBefore + 2 * this.stored <= this.#limits.memory) return;
    const { total } = this;
    if (total > this.#limits.memory && total > this.#totalBefore) throw new LimitExceeded("memory", strand);
  }
}
