import { appended } from "../plan/values/appended.ts";
import type { Provenance, Tuple } from "../plan/values/packet.ts";
import { SeenEvents } from "./seen-events.ts";

interface RoundEvent {
  readonly tuple: Tuple;
  readonly provenance: Provenance;
}

/**
 * Queue of the events of one round, without duplicates. Events come in batches: the first batch starts the round, and each later batch
 * holds the events that strands raised while they ran on the previous batch. RoundRobin sends fairly within a batch.
 */
export class RoundEvents {
  #events: RoundEvent[] = [];
  /**
   * Events seen in this round, by predicate. An array instead of a Map: in V8, a Map that is cleared gets a new hash table, and the old
   * table keeps a reference to the new one. Once the old table is in the old generation, the events of every later round stay in memory
   * until a full garbage collection.
   */
  readonly #seen: (SeenEvents | undefined)[];
  #next = 0;
  /** Index behind the last event of the current batch. */
  #batchEnd = 0;

  /** `predicates` is the number of predicates of the plan. */
  constructor(predicates: number) {
    this.#seen = Array.from({ length: predicates }, () => undefined);
  }

  add(tuple: Tuple, provenance: Provenance): void {
    if (this.#isNew(tuple)) this.#events = appended(this.#events, { tuple, provenance });
  }

  take(): RoundEvent | undefined {
    return this.#next < this.#events.length ? this.#events[this.#next++] : undefined;
  }

  /** Whether all events of the current batch are taken. */
  get isBatchDone(): boolean {
    return this.#next >= this.#batchEnd;
  }

  /** Begins a batch, which consists of the events added since the previous batch began. */
  beginBatch(): void {
    this.#batchEnd = this.#events.length;
  }

  clear(): void {
    if (this.#events.length === 0) return;
    for (const { tuple } of this.#events) this.#seen[tuple.predicate.id] = undefined;
    this.#events = [];
    this.#next = 0;
    this.#batchEnd = 0;
  }

  /** Notes an event. Returns whether the round had no equal event. */
  #isNew({ predicate, args }: Tuple): boolean {
    const seen = this.#seen[predicate.id];
    if (seen !== undefined) return seen.add(args);
    this.#seen[predicate.id] = new SeenEvents(args);
    return true;
  }
}
