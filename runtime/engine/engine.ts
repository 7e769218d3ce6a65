import type { Ambient } from "../plan/contract/function-spec.ts";
import { ownedValues } from "../plan/values/owned.ts";
import type { Provenance, Tuple } from "../plan/values/packet.ts";
import type { Plan, RowEvent, Sign } from "../plan/contract/plan.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import type { Values, Value } from "../plan/values/value.ts";
import type { RandomStreams } from "../world/random.ts";
import type { Clock } from "../world/world.ts";
import type { Snitch } from "../observe/snitch.ts";
import { LimitExceeded, type Limits } from "./limits.ts";
import { RoundEvents } from "./round-events.ts";
import { type TableChange, type Delta, type BaseRow, Store } from "./store.ts";
import type { ChangeListener } from "./tables/store-tally.ts";
import type { StrandFunction, StrandHost } from "./strand-host.ts";
import type { Table } from "./tables/table.ts";

/** Derivations from one look at the memory to the next. */
const DERIVATIONS_A_LOOK = 65_536;

/** What starts a step. */
export interface StepInput {
  readonly tuple: Tuple;
  readonly provenance: Provenance;
  /** The address it came from; null when it started here. */
  readonly source: Value;
  /** Called when its step was taken back. */
  readonly onAborted?: (() => void) | undefined;
}

/** The dataflow around the strands: what the engine hands tuples to. */
export interface Dataflow {
  /** A tuple enters the round: OverlayRecvUnwrap, ReceiveDemux, and from there `Engine.react` or a device. */
  receive(tuple: Tuple, provenance: Provenance): void;
  /** A tuple that a strand derived for a place: RoundRobin. */
  send(tuple: Tuple, location: Value, strand: number): void;
  /** Gives what strands have sent because of events that came together to LocSpecDemux. */
  flushRound(): void;
  /** The step has succeeded: sends and device actions leave. */
  commit(): void;
  /** The step was taken back: nothing leaves. */
  abort(): void;
}

/** The tables of the engine that another goes on from. */
export interface PreviousTables {
  /** Whether a row of this engine's predicate was there. */
  had(predicate: number, values: Values): boolean;
  /** This engine's tables are as theirs were, and the views follow: from now on every change is one. */
  onAdopted(): void;
}

export interface EngineOptions {
  readonly plan: Plan;
  /** Functions of the plan's strands, in the order of `Plan.strands`. */
  readonly strands: readonly StrandFunction[];
  readonly clock: Clock;
  readonly streams: RandomStreams;
  readonly limits: Limits;
  readonly listener: EngineListener;
  readonly snitch: Snitch;
}

/** Told of what happens in steps, for watching and tracing. */
export interface EngineListener extends ChangeListener {
  event(tuple: Tuple): void;
  limitExceeded(limit: keyof Limits, rule: string): void;
  /** The step is over: what was told of it holds, or never was. */
  stepEnded(isDone: boolean): void;
}

export interface EngineCounters {
  steps: number;
  rounds: number;
  /** Steps that passed a limit and were taken back. */
  stopped: number;
  /** Per strand. */
  readonly fired: number[];
  readonly derived: number[];
  readonly failed: number[];
  /** Spent in the strand: each of the first firings is timed, then one of so many stands for all. */
  readonly seconds: number[];
}

const NO_STRAND = -1;

const NO_DELTAS: readonly Delta[] = [];

const TIMED_FIRST = 64;
const TIMED_EVERY = 64;

/**
 * Executes a plan on one node: one cause a step, rounds within it until nothing is left. In a round the tables are
 * frozen while strands run; what they want of the tables is committed at its end, and what that changed are the
 * events of the next round. Nothing of a step is visible outside before it is done.
 */
export class Engine implements StrandHost {
  readonly store: Store;
  readonly tables: readonly (Table | undefined)[];
  readonly counters: EngineCounters;
  readonly #plan: Plan;
  readonly #strands: readonly StrandFunction[];
  readonly #byEvent: readonly (readonly number[])[];
  readonly #byRow: Readonly<Record<RowEvent, readonly (readonly number[])[]>>;
  readonly #clock: Clock;
  readonly #streams: RandomStreams;
  readonly #limits: Limits;
  readonly #listener: EngineListener;
  readonly #snitch: Snitch;
  readonly #ambients: (Ambient | undefined)[] = [];
  readonly #events: RoundEvents;
  /** `localAddr` by overlay; the node's own under null. */
  readonly #addresses: ReadonlyMap<string | null, Table>;
  #dataflow: Dataflow | undefined;
  #changes: TableChange[] = [];
  #derivations = 0;
  #isUnlimited = false;
  #running = -1;
  #now = 0;
  #source: Value = null;
  /** Of the step under way: its cause has bytes that are only lent. */
  #isBorrowing = false;

  constructor({ plan, strands, clock, streams, limits, listener, snitch }: EngineOptions) {
    this.#plan = plan;
    this.#events = new RoundEvents(plan.predicates.length);
    this.#strands = strands;
    this.#clock = clock;
    this.#streams = streams;
    this.#limits = limits;
    this.#listener = listener;
    this.#snitch = snitch;
    this.store = new Store(plan, listener, limits);
    this.tables = this.store.tables;
    this.#byEvent = strandsBy(plan, "event");
    this.#byRow = {
      inserted: strandsBy(plan, "inserted"),
      refreshed: strandsBy(plan, "refreshed"),
      expired: strandsBy(plan, "expired"),
      deleted: strandsBy(plan, "deleted"),
    };
    this.#addresses = addressTables(this.tables);
    const none = (): number[] => plan.strands.map(() => 0);
    this.counters = {
      steps: 0,
      rounds: 0,
      stopped: 0,
      fired: none(),
      derived: none(),
      failed: none(),
      seconds: none(),
    };
  }

  /** Called once, before the first step. */
  connect(dataflow: Dataflow): void {
    this.#dataflow = dataflow;
  }

  /** Where the cause of the step under way came from. */
  get source(): Value {
    return this.#source;
  }

  /** Whether some rule hears events of the predicate. */
  isSubscribed(predicate: number): boolean {
    return (this.#byEvent[predicate] as readonly number[]).length > 0;
  }

  /** Runs one step. False when it passed a limit: then it never was. */
  step(cause: StepInput): boolean {
    this.#beginOnTime(cause.source);
    this.#isBorrowing = cause.provenance === "network" || cause.provenance === "device";
    this.#events.add(cause.tuple, cause.provenance);
    return this.#run();
  }

  /** A step that sends a tuple to a place, as if a rule had. False when it passed a limit. */
  send(tuple: Tuple, place: Value): boolean {
    this.#beginOnTime(null);
    return this.#run(() => {
      this.#dataflow?.send(tuple, place, NO_STRAND);
      return [];
    });
  }

  /** The step of the facts, before all others. False when it passed a limit. */
  load(facts: readonly Tuple[]): boolean {
    this.#begin(null);
    return this.#run(() => {
      for (const fact of facts) {
        if (fact.predicate.table === undefined) this.#events.add(fact, "operator");
        else this.change(fact);
      }
      return this.#commit();
    });
  }

  /**
   * The first step of an engine that goes on where another was. The rows are put as they were there, and the views
   * derived from them, which nobody hears of but where something is different from before; then come the `changes`.
   * False when it passed a limit.
   */
  resume(rows: readonly BaseRow[], before: PreviousTables, changes: readonly Tuple[]): boolean {
    this.#begin(null);
    return this.#run(() => {
      const onAdopted = this.#unlimited(() => this.store.adopt(rows, this.#now, this.#maintain));
      before.onAdopted();
      const news = onAdopted.filter(
        ({ kind, predicate, values }) => kind !== "inserted" || !before.had(predicate, values),
      );
      for (const change of changes) {
        if (change.predicate.table === undefined) this.#events.add(change, "operator");
        else this.change(change);
      }
      return [...news, ...this.#commit()];
    });
  }

  /** Counts on from what another engine has counted, rule by rule. */
  addCountersOf(before: Engine): void {
    const { steps, rounds, stopped } = before.counters;
    this.counters.steps += steps;
    this.counters.rounds += rounds;
    this.counters.stopped += stopped;
    const strands = new Map(before.#plan.strands.map(({ id }) => [streamName(before.#plan, id), id]));
    for (const { id } of this.#plan.strands) {
      const other = strands.get(streamName(this.#plan, id));
      if (other !== undefined) this.#countStrandOn(id, before.counters, other);
    }
    this.store.tally.addCountersOf(before.store.tally);
  }

  #countStrandOn(strand: number, before: EngineCounters, other: number): void {
    for (const figure of ["fired", "derived", "failed", "seconds"] as const) {
      (this.counters[figure][strand] as number) += before[figure][other] ?? 0;
    }
  }

  /**
   * A step whose only cause is that rows' time is up. Bringing views up to date for them is no derivation of a rule and
   * has no limit, but for those that are defined by themselves. Should rules pass theirs over it, the rows go all the
   * same, and no rule hears of them; should such views not come to an end, the rows get their lifetime once more.
   */
  expire(): void {
    this.#begin(null);
    if (this.#run(() => this.#unlimited(() => this.#commit()))) return;
    this.#begin(null);
    if (this.#run(() => this.#commitUnheard())) return;
    this.store.postponeExpiry(this.#now);
  }

  #commitUnheard(): readonly Delta[] {
    this.#unlimited(() => this.#commit());
    return [];
  }

  #unlimited<T>(work: () => T): T {
    this.#isUnlimited = true;
    try {
      return work();
    } finally {
      this.#isUnlimited = false;
    }
  }

  /** What should be gone by now has gone. */
  #beginOnTime(source: Value): void {
    const now = this.#clock.now();
    if (this.store.nextExpiry() > now) return this.#begin(source, now);
    this.expire();
    this.#begin(source);
  }

  #begin(source: Value, now: number = this.#clock.now()): void {
    this.counters.steps++;
    this.#now = now;
    this.#source = source;
    this.#isBorrowing = false;
    this.#derivations = 0;
  }

  /** `start` is what the step does before its first round. */
  #run(start?: () => readonly Delta[]): boolean {
    const dataflow = this.#dataflow as Dataflow;
    try {
      this.#rounds(start === undefined ? NO_DELTAS : start(), dataflow);
      this.store.journal.clear();
      this.#listener.stepEnded(true);
      dataflow.commit();
      return true;
    } catch (error: unknown) {
      if (!(error instanceof LimitExceeded)) throw error;
      this.#takeBack(error, dataflow);
      this.#listener.stepEnded(false);
      return false;
    } finally {
      this.#events.clear();
      if (this.#changes.length > 0) this.#changes = [];
    }
  }

  #rounds(first: readonly Delta[], dataflow: Dataflow): void {
    let deltas = first;
    for (let round = 1; ; round++) {
      if (round > this.#limits.rounds) throw new LimitExceeded("rounds", this.#running);
      this.counters.rounds++;
      this.#deduce(deltas, dataflow);
      if (this.#changes.length === 0) return;
      this.#events.clear();
      deltas = this.#commit();
    }
  }

  #deduce(deltas: readonly Delta[], dataflow: Dataflow): void {
    for (const { kind, predicate, values } of deltas) {
      for (const strand of this.#byRow[kind][predicate] as readonly number[]) {
        if (this.#snitch.isOn) this.#tellRow(kind, predicate, values, strand);
        this.#fire(strand, values);
      }
    }
    this.#endTurn(dataflow);
    for (let event = this.#events.take(); event !== undefined; event = this.#events.take()) {
      dataflow.receive(event.tuple, event.provenance);
      if (this.#events.isTurnOver) this.#endTurn(dataflow);
    }
  }

  #endTurn(dataflow: Dataflow): void {
    dataflow.flushRound();
    this.#events.beginTurn();
  }

  #tellRow(kind: string, predicate: number, args: Values, strand: number): void {
    const spec = this.#predicate(predicate);
    this.#snitch.entered("Tables", `${kind} ${spec.name}`, strand, { predicate: spec, args, isDelete: false });
  }

  #commit(): readonly Delta[] {
    const changes = this.#changes;
    this.#changes = [];
    return this.store.commit(changes, this.#now, this.#maintain);
  }

  readonly #maintain = (strand: number, values: Values): void => this.#fire(strand, values);

  #fire(strand: number, values: Values): void {
    this.#running = strand;
    const before = (this.counters.fired[strand] as number)++;
    if (before < TIMED_FIRST || before % TIMED_EVERY === 0) return this.#fireTimed(strand, values, before);
    (this.#strands[strand] as StrandFunction)(this, values);
  }

  #fireTimed(strand: number, values: Values, before: number): void {
    const start = this.#clock.now();
    (this.#strands[strand] as StrandFunction)(this, values);
    const stands = before < TIMED_FIRST ? 1 : TIMED_EVERY;
    (this.counters.seconds[strand] as number) += (this.#clock.now() - start) * stands;
  }

  #takeBack(passed: LimitExceeded, dataflow: Dataflow): void {
    this.counters.stopped++;
    this.store.undo();
    dataflow.abort();
    this.#listener.limitExceeded(passed.limit, this.#plan.strands[passed.strand]?.origin.rule ?? "?");
  }

  /** ReceiveDemux has an event for the rules. */
  react(tuple: Tuple): void {
    this.#listener.event(tuple);
    for (const strand of this.#byEvent[tuple.predicate.id] as readonly number[]) {
      if (this.#snitch.isOn) this.#snitch.entered("ReceiveDemux", tuple.predicate.name, strand, tuple);
      this.#fire(strand, tuple.args);
    }
  }

  /** ReceiveDemux has a row for a table. */
  change(tuple: Tuple): void {
    if (this.#snitch.isOn) this.#snitch.crossed("ReceiveDemux", "rows", "Tables", tuple);
    const table = this.store.table(tuple.predicate.id);
    this.#changes.push({ table, values: this.#kept(tuple.args), isDelete: tuple.isDelete });
  }

  /** An event of this round that an element, not a rule, raises. */
  inject(tuple: Tuple, provenance: Provenance): void {
    this.#limit(this.#running);
    this.#events.add(tuple, provenance);
  }

  raise(strand: number, predicate: number, args: Values): void {
    this.#count(strand);
    if (this.#snitch.isOn) this.#tellDerived(strand, "local", "Mux", predicate, args, false);
    this.#events.add({ predicate: this.#predicate(predicate), args, isDelete: false }, "rule");
  }

  put(strand: number, predicate: number, args: Values): void {
    this.#count(strand);
    if (this.#snitch.isOn) this.#tellDerived(strand, "rows", "Tables", predicate, args, false);
    this.#changes.push({ table: this.tables[predicate] as Table, values: this.#kept(args), isDelete: false });
  }

  remove(strand: number, predicate: number, args: Values): void {
    this.#count(strand);
    if (this.#snitch.isOn) this.#tellDerived(strand, "rows", "Tables", predicate, args, true);
    this.#changes.push({ table: this.tables[predicate] as Table, values: args, isDelete: true });
  }

  #tellDerived(strand: number, port: string, to: string, predicate: number, args: Values, isDelete: boolean): void {
    this.#snitch.left(strand, port, to, { predicate: this.#predicate(predicate), args, isDelete });
  }

  dispatch(strand: number, predicate: number, args: Values, location: Value, isDelete: boolean): void {
    this.#count(strand);
    this.#dataflow?.send({ predicate: this.#predicate(predicate), args, isDelete }, location, strand);
  }

  contribute(view: number, sign: Sign, values: Values): void {
    this.#count(this.#running);
    this.store.contribute(view, sign, values);
  }

  costDecreased(view: number): void {
    this.store.improve(view);
  }

  failed(strand: number): void {
    (this.counters.failed[strand] as number)++;
  }

  ambient(strand: number): Ambient {
    return (this.#ambients[strand] ??= this.#createAmbient(strand));
  }

  localAddress(overlay: string | null): Value | undefined {
    return this.#addresses.get(overlay)?.first?.values[0];
  }

  /** Whether some `localAddr` of this node says so. */
  isLocalAddress(address: string): boolean {
    for (const table of this.#addresses.values()) if (table.first?.values[0] === address) return true;
    return false;
  }

  freshQuery(strand: number): number {
    return Math.floor(this.ambient(strand).random() * 2 ** 48);
  }

  #count(strand: number): void {
    (this.counters.derived[strand] as number)++;
    this.#limit(strand);
  }

  #limit(strand: number): void {
    if (this.#isUnlimited) return;
    const count = ++this.#derivations;
    if (count > this.#limits.derivations) throw new LimitExceeded("derivations", strand);
    if (count % DERIVATIONS_A_LOOK === 0 && this.#limits.memory()) throw new LimitExceeded("memory", strand);
  }

  /** Values that outlive the step. */
  #kept(values: Values): Values {
    return this.#isBorrowing ? ownedValues(values) : values;
  }

  #predicate(id: number): PredicateSpec {
    return this.#plan.predicates[id] as PredicateSpec;
  }

  /** A stream per rule, so that one rule's draws never depend on another's. */
  #createAmbient(strand: number): Ambient {
    const stream = this.#streams.stream(streamName(this.#plan, strand));
    return {
      now: () => this.#now,
      random: () => stream.next(),
      randomId: () => stream.id160(),
      source: () => this.#source,
    };
  }
}

function strandsBy(plan: Plan, kind: "event" | RowEvent): readonly (readonly number[])[] {
  const strands: number[][] = plan.predicates.map(() => []);
  for (const { id, trigger } of plan.strands) if (trigger.kind === kind) strands[trigger.predicate]?.push(id);
  return strands;
}

function addressTables(tables: readonly (Table | undefined)[]): ReadonlyMap<string | null, Table> {
  const found = new Map<string | null, Table>();
  for (const table of tables) {
    const role = table?.predicate.role;
    if (table !== undefined && role?.kind === "localAddr") found.set(role.overlay ?? null, table);
  }
  return found;
}

/** Named by the rule and the strand's place within it: other rules, and their order, change nothing. */
function streamName({ strands }: Plan, strand: number): string {
  const rule = strands[strand]?.origin.rule ?? "?";
  const place = strands.slice(0, strand).filter((other) => other.origin.rule === rule).length;
  return `rule ${rule}/${place}`;
}
