/**
 * The way back of a node, for a model checker: the undo log of the store is kept over all steps, and the state outside the tables is saved.
 * An engine that undoes steps in another way has to offer what this file uses.
 */
import type { Engine } from "../engine/engine.ts";
import type { PendingTimer, PeriodicTimers } from "../engine/periodic-timers.ts";
import type { RowObserver } from "../engine/tables/journal.ts";
import type { Table } from "../engine/tables/table.ts";
import type { SilentStream } from "../elements/view-channel.ts";
import type { Tuple } from "../plan/values/packet.ts";
import type { RandomStream, RandomStreams } from "../world/random.ts";
import type { NodeDataflow } from "./dataflow.ts";

/** State that is small enough to be copied. `save` returns a function that restores it. */
interface Saved {
  save(): () => void;
}

interface RunningParts {
  readonly engine: Engine;
  readonly dataflow: NodeDataflow;
  readonly timers: PeriodicTimers;
}

interface HistoryOptions {
  /** Learns of each row that the tables hold, and of each change of the rows. */
  readonly observer: RowObserver;
  /** The state outside of the running program. */
  readonly state: readonly Saved[];
  readonly streams: RandomStreams;
  readonly apply: (tuples: readonly Tuple[]) => boolean;
  /** Discards the inputs that wait for their steps. */
  readonly discardInputs: () => void;
}

/** History of a node from `Node.keepHistory` on. The program must not be swapped. The memory of the undo log grows with each step. */
export class NodeHistory {
  readonly #parts: RunningParts;
  readonly #state: readonly Saved[];
  readonly #discardInputs: () => void;
  readonly #streams: RandomStreams;
  /** Applies insertions and deletions of rows in one step. Returns false when it exceeded a limit and was undone. */
  readonly apply: (tuples: readonly Tuple[]) => boolean;

  constructor(parts: RunningParts, { observer, state, streams, apply, discardInputs }: HistoryOptions) {
    const { engine, dataflow, timers } = parts;
    this.#parts = parts;
    this.#state = [...state, streams, timers, ...(dataflow.channel === undefined ? [] : [dataflow.channel])];
    this.apply = apply;
    this.#discardInputs = discardInputs;
    this.#streams = streams;
    engine.store.journal.keep();
    engine.store.observe(observer);
  }

  /**
   * Returns a function that takes the node back to its present state. Checkpoints are used newest first, between two steps. The clock must
   * go back with the node: alarms that are set now must be set again. Counters do not go back.
   */
  checkpoint(): () => void {
    const { journal } = this.#parts.engine.store;
    const { mark } = journal;
    const restores = this.#state.map((one) => one.save());
    return () => {
      this.#discardInputs();
      journal.undoTo(mark);
      for (const restore of restores) restore();
    };
  }

  /** The random streams by name. With equal numbers of drawn values the next values are equal, too. */
  get streams(): ReadonlyMap<string, RandomStream> {
    return this.#streams.all;
  }

  /** Begins all random streams anew, as those of another seed. */
  reseed(seed: number): void {
    this.#streams.reseed(seed);
  }

  /** Tables of the program, by predicate. */
  get tables(): readonly (Table | undefined)[] {
    return this.#parts.engine.tables;
  }

  /** Number of steps so far. */
  get steps(): number {
    return this.#parts.engine.counters.steps;
  }

  /** Time at which the next row expires, in seconds; infinite if none does. */
  get nextExpiry(): number {
    return this.#parts.engine.store.nextExpiry();
  }

  /** The timers of `periodic` literals that will fire, in no particular order. */
  *pendingTimers(): Generator<PendingTimer> {
    yield* this.#parts.timers.pending();
  }

  /** Time of the next alarm of ViewChannel, in seconds; infinite if there is none. */
  get channelDue(): number {
    return this.#parts.dataflow.channel?.alarmAt ?? Infinity;
  }

  /** The inbound streams of ViewChannel whose senders count as silent at `time`. */
  silentAt(time: number): readonly SilentStream[] {
    return this.#parts.dataflow.channel?.silentAt(time) ?? [];
  }

  /** Whether ViewChannel sends by the stream with the id. */
  sendsStream(id: number): boolean {
    return this.#parts.dataflow.channel?.sends(id) === true;
  }

  /** State of the replication of rows to other nodes, as plain data; undefined if the program has none. */
  get channelState(): readonly unknown[] | undefined {
    return this.#parts.dataflow.channel?.state;
  }
}
