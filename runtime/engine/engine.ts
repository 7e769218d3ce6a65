/**
 * The engine of one node: runs the strands of a plan in steps and rounds.
 *
 * One input of Mux is one step. A step goes:
 *  1. `step` expires the rows whose lifetime has ended, and adds the input to the events of the first round.
 *  2. `#deduce` runs a round. Tables do not change during the round. `#deduce` first runs the strands that subscribe to row events of the
 *     previous commit. Then each event enters the dataflow, which calls `react` for an event that rules subscribe to, calls `change` for
 *     a row of a table, or passes a packet to a device. Strands run in the StrandContext, which collects their events and table changes.
 *  3. `#commit` applies the table changes of the round, and brings the derived tables up to date. Its row events trigger the next round.
 *     The step ends after a round without table changes.
 *  4. `dataflow.commit` lets the messages and packets of the step leave.
 *
 * A step that exceeds a limit is undone: `#run` restores all tables from the journal, and no message or packet leaves. A step with a
 * packet train is also undone if a rule must see the packets one by one; `step` then runs a step for each packet.
 */
import type { Snitch } from "../observe/snitch.ts";
import type { Ciphers } from "../plan/contract/ciphers.ts";
import type { Plan, RowEvent } from "../plan/contract/plan.ts";
import type { Provenance, Tuple } from "../plan/values/packet.ts";
import { type ColumnType, typeBit } from "../plan/values/column-type.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import { KEY_MAX, KeyTooLong } from "../plan/values/key.ts";
import { packetCountOf, segmentsAt } from "../plan/values/train-segments.ts";
import type { Value, Values } from "../plan/values/value.ts";
import type { RandomStreams } from "../world/random.ts";
import type { Sender as TupleSender } from "../wire/sender.ts";
import type { Clock } from "../world/world.ts";
import type { RunStrand } from "./derived/stratum.ts";
import { addEngineCounters, type EngineCounters, newEngineCounters } from "./engine-counters.ts";
import { type FailureReport, FailureReports } from "./failure-reports.ts";
import { LimitExceeded, type Limits } from "./limits/limits.ts";
import { changesSince, type PreviousTables } from "./previous-tables.ts";
import { MemoryUse } from "./limits/memory-use.ts";
import type { Nonces } from "./nonces.ts";
import { RefusalCounts, type RefusedSteps } from "./refused-steps.ts";
import { RoundEvents } from "./round-events.ts";
import type { StepInput } from "./step-input.ts";
import { type BaseRow, type Delta, Store } from "./store.ts";
import { type Secrets, type Sender, StrandContext } from "./strand-context.ts";
import type { StrandFunction } from "./strand-host.ts";
import type { ChangeListener } from "./tables/commit-tally.ts";
import type { Table } from "./tables/table.ts";
import { TrainSplit } from "./train-split.ts";

/** Interface by which the engine calls the elements around the strands. `send` takes the tuples that strands derive for a location. */
export interface Dataflow extends Sender {
  /** Passes an event of the round to OverlayRecvUnwrap and ReceiveDemux, which call `Engine.react` or a device. */
  receive(tuple: Tuple, provenance: Provenance): void;
  /** Passes the tuples sent since the last call from RoundRobin to LocSpecDemux. Called after each batch of events. */
  flushRound(): void;
  /** Lets the messages and device packets of the step leave. */
  commit(): void;
  /** Discards the messages and device packets of the step. */
  abort(): void;
}

/** Observer of steps, for watching and tracing. */
export interface EngineListener extends ChangeListener {
  event(tuple: Tuple): void;
  /** Called when derivations of a rule failed: at the first failure of the rule, then at most once a minute. */
  derivationFailed(report: FailureReport): void;
  /**
   * Called when a step exceeded a limit and was undone. `refused` holds the cause of the step, the limit and the rule that ran; `most` is
   * the value of the limit if the value depends on the step.
   */
  limitExceeded(refused: RefusedSteps, most: number | undefined): void;
  /** Called at the end of a step. With `isCommitted` false, everything reported during the step was undone. */
  stepEnded(isCommitted: boolean): void;
}

export interface EngineOptions {
  readonly plan: Plan;
  /** Functions of the plan's strands, in the order of `Plan.strands`. */
  readonly strands: readonly StrandFunction[];
  readonly clock: Clock;
  readonly streams: RandomStreams;
  readonly limits: Limits;
  /** Returns the approximate memory of the queues outside the engine, in bytes. */
  readonly queuedBytes: () => number;
  readonly listener: EngineListener;
  readonly snitch: Snitch;
  readonly nonces: Nonces;
  readonly secrets: Secrets;
  readonly ciphers: Ciphers | undefined;
  /** Returns the id of the next call of a view, in place of a random id. */
  readonly callId: (() => number) | undefined;
}

/** Strand number of a tuple that no strand sent. */
const NO_STRAND = -1;

const NO_DELTAS: readonly Delta[] = [];

/** Executes the plan of one node. No effect of a step is visible outside before the step has succeeded. */
export class Engine {
  readonly store: Store;
  readonly tables: readonly (Table | undefined)[];
  readonly counters: EngineCounters;
  readonly refused: RefusalCounts = new RefusalCounts();
  readonly memory: MemoryUse;
  readonly #plan: Plan;
  /** Indices of the strands that subscribe to events, by predicate. */
  readonly #byEvent: readonly (readonly number[])[];
  readonly #byRow: Readonly<Record<RowEvent, readonly (readonly number[])[]>>;
  readonly #clock: Clock;
  readonly #limits: Limits;
  readonly #listener: EngineListener;
  readonly #snitch: Snitch;
  readonly #events: RoundEvents;
  readonly #context: StrandContext;
  /**
   * Predicates for which the engine splits a packet train into one step per packet. When a step throws `TrainSplit` because of a rule, the
   * predicate of its input is added. A datagram that somebody forged splits its own train only.
   */
  readonly #splits: Set<number>;
  /** For each predicate: whether the types of its columns allow a packet train. */
  readonly #mayHoldTrain: readonly boolean[];
  #dataflow: Dataflow | undefined;
  /** Origin of the running step's input; `operator` for a step that the operator or the start of a program caused, `rule` for expiry. */
  provenance: Provenance = "operator";
  /** The latest input. */
  #input: StepInput | undefined;
  /** Cause of the running step, as `RefusedSteps` names it. */
  #cause = "facts";

  constructor(options: EngineOptions) {
    const { plan, clock, limits, listener, snitch } = options;
    this.#plan = plan;
    this.#clock = clock;
    this.#limits = limits;
    this.#listener = listener;
    this.#snitch = snitch;
    this.memory = new MemoryUse(limits, options.queuedBytes);
    this.store = new Store(plan, listener, limits, this.memory);
    this.tables = this.store.tables;
    this.counters = newEngineCounters(plan);
    this.#events = new RoundEvents(plan.predicates.length);
    this.#context = new StrandContext({
      ...options,
      store: this.store,
      events: this.#events,
      counters: this.counters,
      failures: new FailureReports(plan, (report) => listener.derivationFailed(report)),
      memory: this.memory,
    });
    this.#byEvent = strandsBy(plan, "event");
    this.#splits = predicatesThatSplit(plan);
    this.#mayHoldTrain = plan.predicates.map(({ columns }) => columns.some(holdsBytes));
    this.#byRow = {
      inserted: strandsBy(plan, "inserted"),
      refreshed: strandsBy(plan, "refreshed"),
      expired: strandsBy(plan, "expired"),
      deleted: strandsBy(plan, "deleted"),
    };
  }

  /** Sets the dataflow. Called once, before the first step. */
  connect(dataflow: Dataflow): void {
    this.#dataflow = dataflow;
    this.#context.connect(dataflow);
  }

  /** Time of the running step, in seconds. */
  get now(): number {
    return this.#context.now;
  }

  /** Address of the node that sent the input of the running step; null if the input comes from this node. */
  get source(): Value {
    return this.#context.source;
  }

  /** Returns who sent a tuple of the running step. The sender of a tuple in a packet of an overlay is unknown. */
  senderOf(tuple: Tuple): TupleSender {
    const { source } = this.#context;
    return { source, principal: tuple === this.#input?.tuple ? this.#input.principal : undefined };
  }

  /** Whether a rule subscribes to events of the predicate. */
  isSubscribed(predicate: number): boolean {
    return (this.#byEvent[predicate] as readonly number[]).length > 0;
  }

  localAddress(overlay: string | null): Value | undefined {
    return this.#context.localAddress(overlay);
  }

  /** Whether `address` is an address of this node or of one of its overlays. */
  isLocalAddress(address: Value): boolean {
    return this.#context.isLocalAddress(address);
  }

  /** Whether `address` is an address of this node in `overlay`; if `overlay` is null, in the underlay. */
  isAddressOf(overlay: string | null, address: Value): boolean {
    return this.#context.isAddressOf(overlay, address);
  }

  /**
   * Runs one step. Returns false when it exceeded a limit and was undone. An input with a packet train is one step if all rules handle the
   * train as one value, otherwise one step per packet, in the order of the train.
   */
  step(input: StepInput): boolean {
    const { predicate, args } = input.tuple;
    const packets = this.#mayHoldTrain[predicate.id] === true ? packetCountOf(args) : 1;
    if (packets > 1 && this.#splits.has(predicate.id)) return this.#stepEach(input, packets);
    try {
      return this.#step(input, packets);
    } catch (error: unknown) {
      if (!(error instanceof TrainSplit)) throw error;
      if (error.trains === "all") this.#splits.add(predicate.id);
      return this.#stepEach(input, packets);
    }
  }

  #step(input: StepInput, packets: number): boolean {
    this.#input = input;
    this.#beginAfterExpiry(input.source);
    this.#cause = input.tuple.predicate.name;
    this.provenance = input.provenance;
    this.#context.packets = packets;
    this.#context.isBorrowed = input.provenance === "network" || input.provenance === "device";
    this.#events.add(input.tuple, input.provenance);
    return this.#run();
  }

  #stepEach(input: StepInput, packets: number): boolean {
    let isCommitted = true;
    for (let at = 0; at < packets; at++) {
      const tuple = { ...input.tuple, args: segmentsAt(input.tuple.args, at) };
      isCommitted = this.#step({ ...input, tuple }, 1) && isCommitted;
    }
    return isCommitted;
  }

  /** Runs a step that only sends a tuple to a location. Returns false when it exceeded a limit and was undone. */
  send(tuple: Tuple, location: Value): boolean {
    this.#beginAfterExpiry(null);
    this.#cause = tuple.predicate.name;
    this.provenance = "operator";
    return this.#run(() => {
      this.#dataflow?.send(tuple, location, NO_STRAND);
      return NO_DELTAS;
    });
  }

  /**
   * Runs a step that applies facts: the first step, or facts of the node that have changed. Returns false when it exceeded a limit and was
   * undone.
   */
  load(facts: readonly Tuple[]): boolean {
    this.#begin(null, this.#clock.now(), facts.length);
    this.#cause = "facts";
    this.provenance = "operator";
    return this.#run(() => {
      this.#apply(facts);
      return this.#commit();
    });
  }

  /**
   * Runs the first step after a hot reload. It restores `rows` of the previous program and computes the derived tables from them, then
   * applies `changes`. An inserted row triggers rules only if the previous program did not have it. Returns false when the step exceeded
   * a limit and was undone.
   */
  resume(rows: readonly BaseRow[], previous: PreviousTables, changes: readonly Tuple[]): boolean {
    this.#begin(null);
    this.#cause = "program swap";
    this.provenance = "operator";
    return this.#run(() => {
      const context = this.#context;
      const restored = context.unlimited(() => this.store.adopt(rows, context.now, this.#maintain));
      this.memory.begin(changes.length);
      previous.onAdopted();
      const deltas = changesSince(restored, previous);
      this.#apply(changes);
      return [...deltas, ...this.#commit()];
    });
  }

  #apply(tuples: readonly Tuple[]): void {
    for (const tuple of tuples) {
      if (tuple.predicate.table === undefined) this.#events.add(tuple, "operator");
      else this.change(tuple);
    }
  }

  /**
   * Runs a step that deletes expired rows. Maintenance of derived tables is exempt from the limits of a step, except inside recursive
   * strata. When the rules that the deletions trigger exceed a limit, the rows are deleted without triggering rules. When a recursive
   * stratum exceeds its limit, nothing is deleted, and the expired rows live for another lifetime.
   */
  expire(): void {
    this.#begin(null);
    this.#cause = "expiry";
    this.provenance = "rule";
    if (this.#run(() => this.#context.unlimited(() => this.#commit()))) return;
    this.#begin(null);
    if (this.#run(() => this.#commitSilently())) return;
    this.store.postponeExpiry(this.#context.now);
  }

  /** Commits, and reports no row events, so that no rule is triggered. */
  #commitSilently(): readonly Delta[] {
    this.#context.unlimited(() => this.#commit());
    return NO_DELTAS;
  }

  /** Expires the rows whose lifetime has ended, then begins a step. */
  #beginAfterExpiry(source: Value): void {
    const now = this.#clock.now();
    if (this.store.nextExpiry() > now) return this.#begin(source, now);
    this.expire();
    this.#begin(source);
  }

  #begin(source: Value, now: number = this.#clock.now(), facts = 0): void {
    this.counters.steps++;
    this.memory.begin(facts);
    this.#context.begin(now, source, facts);
  }

  /** Runs the rounds of a step. `start` runs before the first round and returns the row events that trigger it. */
  #run(start?: () => readonly Delta[]): boolean {
    const dataflow = this.#dataflow as Dataflow;
    try {
      this.#rounds(start === undefined ? NO_DELTAS : start(), dataflow);
      this.memory.checkEnd(this.#context.running);
      this.store.journal.endStep();
      this.#listener.stepEnded(true);
      dataflow.commit();
      return true;
    } catch (error: unknown) {
      const isSplit = error instanceof TrainSplit;
      const exceeded = isSplit ? undefined : this.#exceededBy(error);
      if (!isSplit && exceeded === undefined) throw error;
      this.store.undo();
      dataflow.abort();
      if (exceeded !== undefined) this.#reportLimit(exceeded);
      this.#listener.stepEnded(false);
      if (isSplit) throw error;
      return false;
    } finally {
      this.#events.clear();
      if (this.#context.changes.length > 0) this.#context.changes = [];
    }
  }

  /** Returns the limit that an exception in the running step stands for; undefined for all other exceptions. */
  #exceededBy(error: unknown): LimitExceeded | undefined {
    if (error instanceof KeyTooLong) return new LimitExceeded("key", this.#context.running, KEY_MAX);
    return error instanceof LimitExceeded ? error : undefined;
  }

  #rounds(first: readonly Delta[], dataflow: Dataflow): void {
    let deltas = first;
    for (let round = 1; ; round++) {
      if (round > this.#limits.rounds) throw new LimitExceeded("rounds", this.#context.running);
      this.counters.rounds++;
      this.#deduce(deltas, dataflow);
      if (this.#context.changes.length === 0) return;
      this.#events.clear();
      deltas = this.#commit();
      this.#context.endRound();
    }
  }

  #deduce(deltas: readonly Delta[], dataflow: Dataflow): void {
    for (const { kind, predicate, values } of deltas) {
      for (const strand of this.#byRow[kind][predicate] as readonly number[]) {
        if (this.#snitch.isOn) this.#reportRow(predicate, values, strand);
        this.#context.fire(strand, values);
      }
    }
    this.#endBatch(dataflow);
    for (let event = this.#events.take(); event !== undefined; event = this.#events.take()) {
      dataflow.receive(event.tuple, event.provenance);
      if (this.#events.isBatchDone) this.#endBatch(dataflow);
    }
  }

  #endBatch(dataflow: Dataflow): void {
    this.#context.beginCalls();
    dataflow.flushRound();
    this.#events.beginBatch();
  }

  #reportRow(predicate: number, args: Values, strand: number): void {
    const spec = this.#plan.predicates[predicate] as PredicateSpec;
    this.#snitch.entered(strand, { predicate: spec, args, isDelete: false });
  }

  #commit(): readonly Delta[] {
    const { changes, now } = this.#context;
    this.#context.changes = [];
    return this.store.commit(changes, now, this.#maintain);
  }

  readonly #maintain: RunStrand = (strand, values, isRemoval = false) => {
    this.#context.isRemoval = isRemoval;
    this.#context.fire(strand, values);
    this.#context.isRemoval = false;
  };

  #reportLimit(exceeded: LimitExceeded): void {
    this.counters.stopped++;
    const rule = this.#plan.strands[exceeded.strand]?.origin.rule ?? "";
    const refused = { cause: this.#cause, limit: exceeded.limit, rule, count: 1 };
    this.refused.add(refused);
    this.#listener.limitExceeded(refused, exceeded.most);
  }

  /** Runs the strands that subscribe to an event. Called by ReceiveDemux. */
  react(tuple: Tuple): void {
    this.#listener.event(tuple);
    for (const strand of this.#byEvent[tuple.predicate.id] as readonly number[]) {
      if (this.#snitch.isOn) this.#snitch.entered(strand, tuple);
      this.#context.fire(strand, tuple.args);
    }
  }

  /** Adds a table change to the round. Called by ReceiveDemux and ViewChannel. */
  change(tuple: Tuple): void {
    this.#context.change(tuple);
  }

  /** Adds an event that an element raises to the round. */
  inject(tuple: Tuple, provenance: Provenance): void {
    this.#context.checkLimits(this.#context.running);
    this.#events.add(tuple, provenance);
  }

  /** Adds the counters of the engine that this one replaces. */
  addCountersOf(previous: Engine): void {
    addEngineCounters(this.counters, this.#plan, { plan: previous.#plan, counters: previous.counters });
    this.store.tally.addCountersOf(previous.store.tally);
    for (const refused of previous.refused.all) this.refused.add(refused);
  }
}

function strandsBy(plan: Plan, kind: "event" | RowEvent): readonly (readonly number[])[] {
  const strands: number[][] = plan.predicates.map(() => []);
  for (const { id, trigger } of plan.strands) if (trigger.kind === kind) strands[trigger.predicate]?.push(id);
  return strands;
}

/** Kinds of values that may hold bytes. */
const HOLDERS: ColumnType = typeBit("bytes") | typeBit("list") | typeBit("tuple");

function holdsBytes(type: ColumnType): boolean {
  return type === 0 || (type & HOLDERS) !== 0;
}

/** Returns the predicates of all tables, and of the events for which some strand has no column that may hold a whole packet train. */
function predicatesThatSplit({ predicates, strands }: Plan): Set<number> {
  const tables = predicates.filter(({ table }) => table !== undefined).map(({ id }) => id);
  const events = strands.flatMap(({ trigger, trainColumns }) =>
    trigger.kind === "event" && trainColumns.length === 0 ? [trigger.predicate] : [],
  );
  return new Set([...tables, ...events]);
}
