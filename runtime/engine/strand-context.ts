/**
 * Interface of the node to its strands. Engine calls `fire` for each trigger of a round; the emitted function of the strand calls back:
 * `raise` adds an event to the round, `put` and `remove` add table changes, `dispatch` passes a tuple to RoundRobin, and `contribute`
 * passes a derivation to the derived tables.
 */
import type { Ciphers } from "../plan/contract/ciphers.ts";
import type { Plan, Sign, StrandSpec } from "../plan/contract/plan.ts";
import type { Ambient } from "../plan/contract/function-spec.ts";
import type { Snitch } from "../observe/snitch.ts";
import { heldBytesOf } from "../plan/values/held-bytes.ts";
import { TrainMemory } from "./train-memory.ts";
import { ownedValues, unpinnedValues } from "../plan/values/owned.ts";
import type { Tuple } from "../plan/values/packet.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import { packetCount, packetCountOf, trainCount } from "../plan/values/train-segments.ts";
import { equal, type Value, type Values } from "../plan/values/value.ts";
import type { RandomStreams } from "../world/random.ts";
import type { Clock } from "../world/world.ts";
import { BegunCalls } from "./begun-calls.ts";
import type { EngineCounters } from "./engine-counters.ts";
import type { FailureCause, FailureReports } from "./failure-reports.ts";
import { CycleUse } from "./limits/cycle-use.ts";
import { LimitExceeded, type Limits } from "./limits/limits.ts";
import { INDEX_ENTRY_BYTES, type MemoryUse, RESULT_BYTES, ROW_BYTES } from "./limits/memory-use.ts";
import type { Nonces } from "./nonces.ts";
import type { RoundEvents } from "./round-events.ts";
import type { Store, TableChange } from "./store.ts";
import type { StrandFunction, StrandHost } from "./strand-host.ts";
import { strandName } from "./strand-name.ts";
import type { Table } from "./tables/table.ts";
import { type SplitTrains, TrainSplit } from "./train-split.ts";

/** Number of results of a step whose memory is not measured. A step for one packet usually has fewer results. */
const UNMEASURED_RESULTS = 16;

/** Number by which each fact that a step loads raises the limit of the step's derivations. */
const DERIVATIONS_PER_FACT = 16;

/** Number by which each fact that a step loads raises the limit of rows that its joins may visit. */
const VISITS_PER_FACT = 4096;

/** Strand number of a step that has run no strand. */
const NO_STRAND = -1;

/** The first `TIMED_FIRST` runs of a strand are timed, then one run in `TIMED_EVERY`, whose time is counted `TIMED_EVERY` times. */
const TIMED_FIRST = 64;
const TIMED_EVERY = 64;

/** Keys by name, as `--secret NAME=FILE` gives them. */
export type Secrets = ReadonlyMap<string, Uint8Array>;

/** Receiver of the tuples that strands send to locations, implemented by the dataflow. */
export interface Sender {
  send(tuple: Tuple, location: Value, strand: number): void;
}

export interface StrandContextOptions {
  readonly plan: Plan;
  readonly strands: readonly StrandFunction[];
  readonly clock: Clock;
  readonly streams: RandomStreams;
  readonly limits: Limits;
  readonly snitch: Snitch;
  readonly store: Store;
  readonly events: RoundEvents;
  readonly counters: EngineCounters;
  readonly failures: FailureReports;
  readonly memory: MemoryUse;
  readonly nonces: Nonces;
  readonly secrets: Secrets;
  readonly ciphers: Ciphers | undefined;
  /** Returns the id of the next call of a view, in place of a random id. */
  readonly callId: (() => number) | undefined;
}

/**
 * Runs strands, collects their results for the round, and enforces the limits of the step. The engine calls `begin` before
 * each step and takes `changes` at the end of each round.
 */
export class StrandContext implements StrandHost {
  readonly predicates: readonly PredicateSpec[];
  readonly tables: readonly (Table | undefined)[];
  /** Table changes of the current round, in order. The engine takes them at the end of the round. */
  changes: TableChange[] = [];
  /** Strand that runs now or ran last in this step; -1 before the first. */
  running: number = NO_STRAND;
  /** Time of the step, in seconds: the same for all its rules. */
  now = 0;
  /** Address of the node that sent the input of the step; null if the input comes from this node. */
  source: Value = null;
  /** Whether values of the step may lie in memory that is reused after the step. The values of inserted rows are then copied. */
  isBorrowed = false;
  /** Number of packets that the input stands for: above 1 for a packet train. */
  packets = 1;
  /** Whether the running strand removes derivations. Failures are then not counted: they were counted when the derivations were added. */
  isRemoval = false;
  visits = 0;
  mostVisits: number = Infinity;
  readonly #plan: Plan;
  readonly #strands: readonly StrandFunction[];
  readonly #clock: Clock;
  readonly #streams: RandomStreams;
  readonly #limits: Limits;
  readonly #snitch: Snitch;
  readonly #store: Store;
  readonly #events: RoundEvents;
  readonly #counters: EngineCounters;
  readonly #failures: FailureReports;
  readonly #memory: MemoryUse;
  readonly #cycles: CycleUse;
  readonly #nonces: Nonces;
  readonly #secrets: Secrets;
  readonly #ciphers: Ciphers | undefined;
  readonly #trainMemory = new TrainMemory();
  readonly #ambients: (Ambient | undefined)[] = [];
  /** Table `localAddr` by overlay. The key null stands for the underlay. */
  readonly #addresses: ReadonlyMap<string | null, Table>;
  readonly #announced: readonly Table[];
  /** Tables of all addresses that rules and facts derive for this node, one table per overlay. `localAddr` holds one of these addresses. */
  readonly #otherAddresses: readonly Table[];
  readonly #selves: readonly Table[];
  readonly #calls: BegunCalls;
  /** Whether `BegunCalls` gives the calls their ids. */
  readonly #hasCallIds: boolean;
  /** Whether the running strand has drawn a query id. If so, the tuples that it derives begin calls. */
  #isCalling = false;
  #sender: Sender | undefined;
  #derivations = 0;
  /** Limit of the derivations of the step. */
  #mostDerivations = Infinity;
  /** Bytes of the events and table changes of the round. */
  #heldInRound = 0;
  #isUnlimited = false;
  /** Value that contradicts a signature, until `failed` reports it. */
  #contradiction: FailureCause | undefined;

  constructor(options: StrandContextOptions) {
    this.#plan = options.plan;
    this.#strands = options.strands;
    this.#clock = options.clock;
    this.#streams = options.streams;
    this.#limits = options.limits;
    this.#snitch = options.snitch;
    this.#store = options.store;
    this.#events = options.events;
    this.#counters = options.counters;
    this.#failures = options.failures;
    this.predicates = options.plan.predicates;
    this.#memory = options.memory;
    this.#cycles = new CycleUse(options.plan, options.limits);
    this.#hasCallIds = options.callId !== undefined;
    this.#calls = new BegunCalls(options.plan, options.callId);
    this.#nonces = options.nonces;
    this.#secrets = options.secrets;
    this.#ciphers = options.ciphers;
    this.tables = options.store.tables;
    this.#addresses = addressTables(this.tables);
    this.#announced = [...this.#addresses.values()];
    this.#otherAddresses = tablesOfRole(this.tables, "addressesOf");
    this.#selves = tablesOfRole(this.tables, "self");
  }

  /** Sets the receiver of tuples for locations. Called once, before the first step. */
  connect(sender: Sender): void {
    this.#sender = sender;
  }

  /** Prepares for a step: no derivations, input not borrowed. `facts` is the number of facts that the step loads. */
  begin(now: number, source: Value, facts: number): void {
    this.now = now;
    this.source = source;
    this.isBorrowed = false;
    this.packets = 1;
    this.isRemoval = false;
    this.running = NO_STRAND;
    this.#derivations = 0;
    this.visits = 0;
    this.mostVisits = this.#limits.visits + facts * VISITS_PER_FACT;
    this.#mostDerivations = this.#limits.derivations + facts * DERIVATIONS_PER_FACT;
    this.#heldInRound = 0;
    this.#cycles.begin(facts);
    this.#calls.beginStep();
    this.#trainMemory.reset();
  }

  takeTrainMemory(size: number): Uint8Array {
    this.isBorrowed = true;
    return this.#trainMemory.take(size);
  }

  /** Releases the events and table changes of a round that has been committed. */
  endRound(): void {
    this.#memory.pending -= this.#heldInRound;
    this.#heldInRound = 0;
  }

  /** Runs a strand on an event or a row. */
  fire(strand: number, values: Values): void {
    this.running = strand;
    this.#isCalling = false;
    if (this.packets > 1 && !this.#takesWhole(strand, values)) this.splitTrain("all");
    const runs = (this.#counters.fired[strand] as number)++;
    if (runs < TIMED_FIRST || runs % TIMED_EVERY === 0) return this.#fireTimed(strand, values, runs);
    (this.#strands[strand] as StrandFunction)(this, values);
  }

  /** Whether all trains among the values are in columns in which the strand handles a train as one value. */
  #takesWhole(strand: number, values: Values): boolean {
    const { trainColumns } = this.#plan.strands[strand] as StrandSpec;
    for (let column = 0; column < values.length; column++) {
      if (!trainColumns.includes(column) && packetCount(values[column] as Value) > 1) return false;
    }
    return true;
  }

  splitTrain(trains: SplitTrains): never {
    throw new TrainSplit(trains);
  }

  #fireTimed(strand: number, values: Values, runs: number): void {
    const start = this.#clock.now();
    (this.#strands[strand] as StrandFunction)(this, values);
    const represented = runs < TIMED_FIRST ? 1 : TIMED_EVERY;
    (this.#counters.seconds[strand] as number) += (this.#clock.now() - start) * represented;
  }

  /** Runs `work` without the limits of derivations, visits and memory. A recursive stratum still applies its own limits. */
  unlimited<T>(work: () => T): T {
    const { visits, mostVisits } = this;
    this.#isUnlimited = true;
    this.mostVisits = Infinity;
    try {
      return work();
    } finally {
      this.#isUnlimited = false;
      this.visits = visits;
      this.mostVisits = mostVisits;
    }
  }

  exceedVisits(strand: number): never {
    throw new LimitExceeded("visits", strand);
  }

  get derivations(): number {
    return this.#derivations;
  }

  /** Counts a derivation against the limits of the step. Throws `LimitExceeded`. */
  checkLimits(strand: number): void {
    if (this.#isUnlimited) return;
    if (++this.#derivations > this.#mostDerivations) throw new LimitExceeded("derivations", strand);
    this.#memory.check(strand);
  }

  /** Adds a table change that no strand made: a fact, an operator's request, a row from the network. */
  change({ predicate, args, isDelete }: Tuple): void {
    if (this.packets > 1 && packetCountOf(args) > 1) this.splitTrain("all");
    this.changes.push({ table: this.#store.table(predicate.id), values: this.#owned(args), isDelete });
  }

  raise(strand: number, predicate: number, args: Values): void {
    this.#count(strand);
    this.#heldInRound += this.#hold(strand, args, 0);
    if (this.#isCalling) this.#calls.add({ strand, predicate, args });
    else this.#addEvent(strand, predicate, args);
  }

  #addEvent(strand: number, predicate: number, args: Values): void {
    if (this.#snitch.isOn) this.#reportDerived(strand, predicate, args, false);
    this.#events.add({ predicate: this.#predicate(predicate), args, isDelete: false }, "rule");
  }

  put(strand: number, predicate: number, args: Values): void {
    this.#count(strand);
    this.#heldInRound += this.#hold(strand, args, ROW_BYTES + INDEX_ENTRY_BYTES);
    if (this.#isCalling) this.#calls.add({ strand, predicate, args });
    else this.#insert(strand, predicate, args);
  }

  #insert(strand: number, predicate: number, args: Values): void {
    if (this.#snitch.isOn) this.#reportDerived(strand, predicate, args, false);
    this.changes.push({ table: this.tables[predicate] as Table, values: this.#owned(args), isDelete: false });
  }

  /** Sorts the calls of a batch, then raises the event or inserts the row that begins each call. */
  beginCalls(): void {
    if (this.#calls.isEmpty) return;
    for (const { strand, predicate, args } of this.#calls.take()) {
      if (this.tables[predicate] === undefined) this.#addEvent(strand, predicate, args);
      else this.#insert(strand, predicate, args);
    }
  }

  remove(strand: number, predicate: number, args: Values): void {
    this.#count(strand);
    this.#heldInRound += this.#hold(strand, args, 0);
    if (this.#snitch.isOn) this.#reportDerived(strand, predicate, args, true);
    this.changes.push({ table: this.tables[predicate] as Table, values: args, isDelete: true });
  }

  #reportDerived(strand: number, predicate: number, args: Values, isDelete: boolean): void {
    this.#snitch.left(strand, { predicate: this.#predicate(predicate), args, isDelete });
  }

  dispatch(strand: number, predicate: number, args: Values, location: Value, isDelete: boolean): void {
    // A datagram carries one segment of one train.
    if (this.packets > 1 && trainCount(args) > 1) this.splitTrain("all");
    this.#count(strand);
    this.#hold(strand, args, 0);
    this.#sender?.send({ predicate: this.#predicate(predicate), args, isDelete }, location, strand);
  }

  contribute(rule: number, sign: Sign, values: Values, rank = 0): void {
    this.#count(this.running);
    if (this.#derivations > UNMEASURED_RESULTS) this.#memory.pending += heldBytesOf(values);
    this.#store.contribute(rule, sign, values, rank);
  }

  costDecreased(rule: number): void {
    this.#store.costDecreased(rule);
  }

  failed(strand: number, expression: string, values: Readonly<Record<string, Value>>): void {
    if (this.isRemoval) return;
    (this.#counters.failed[strand] as number) += this.packets;
    const contradiction = this.#contradiction;
    this.#contradiction = undefined;
    this.#failures.add(strand, this.now, this.packets, contradiction ?? { kind: "no value", expression, values });
  }

  contradicts(predicate: number, column: number, value: Value): void {
    this.#contradiction = { kind: "wrong type", predicate: this.#predicate(predicate), column, value };
  }

  ambient(strand: number): Ambient {
    return (this.#ambients[strand] ??= this.#createAmbient(strand));
  }

  localAddress(overlay: string | null): Value | undefined {
    return this.#addresses.get(overlay)?.first?.values[0];
  }

  /** Whether `address` is an address of this node or of one of its overlays. */
  isLocalAddress(address: Value): boolean {
    // Loops over indices, because an iterator would be allocated for each tuple that a rule sends.
    for (let at = 0; at < this.#announced.length; at++) {
      const first = this.#announced[at]?.first ?? null;
      if (first !== null && equal(first.values[0] ?? null, address)) return true;
    }
    for (let at = 0; at < this.#otherAddresses.length; at++) {
      const table = this.#otherAddresses[at] as Table;
      if (table.count > 0 && table.matching([address]).length > 0) return true;
    }
    return false;
  }

  /** Whether `address` is an address or a name of this node in `overlay`; if `overlay` is null, an address in the underlay. */
  isAddressOf(overlay: string | null, address: Value): boolean {
    const announced = this.localAddress(overlay);
    if (announced !== undefined && equal(announced, address)) return true;
    return [...this.#otherAddresses, ...this.#selves].some(
      (table) => overlayOf(table) === overlay && table.matching([address]).length > 0,
    );
  }

  secret(name: string): Value | undefined {
    return this.#secrets.get(name);
  }

  freshQuery(strand: number): number {
    this.#isCalling = true;
    if (this.#hasCallIds) return 0;
    return Math.floor(this.ambient(strand).random() * 2 ** 48);
  }

  #count(strand: number): void {
    (this.#counters.derived[strand] as number)++;
    this.checkLimits(strand);
  }

  /**
   * Counts the memory of a result that the step holds, and returns it in bytes. The memory includes the key that finds duplicates of the
   * result. If the result is an insertion, `rowBytes` is the memory of the row, which only `CycleUse` counts here.
   */
  #hold(strand: number, args: Values, rowBytes: number): number {
    const isMeasured = this.#derivations > UNMEASURED_RESULTS;
    const isCounted = this.#cycles.counts(strand, isMeasured);
    if (!isMeasured && !isCounted) return 0;
    const bytes = RESULT_BYTES + 2 * heldBytesOf(args);
    if (isCounted && !this.#isUnlimited) this.#cycles.add(strand, bytes + rowBytes, this);
    if (!isMeasured) return 0;
    this.#memory.pending += bytes;
    return bytes;
  }

  /** The values, copied if they would not outlive the step, or would keep much more memory than they need. */
  #owned(values: Values): Values {
    return this.isBorrowed ? ownedValues(values) : unpinnedValues(values);
  }

  #predicate(id: number): PredicateSpec {
    return this.#plan.predicates[id] as PredicateSpec;
  }

  /** Each strand draws from its own random stream, so that the random numbers of one rule do not depend on other rules. */
  #createAmbient(strand: number): Ambient {
    const stream = this.#streams.stream(strandName(this.#plan, strand));
    return {
      now: () => this.now,
      random: () => stream.next(),
      randomId: () => stream.id160(),
      source: () => this.source,
      nonce: (prefix, nonce) => this.#nonces.next(prefix, nonce),
      memory: (size) => this.takeTrainMemory(size),
      ciphers: this.#ciphers,
    };
  }
}

function addressTables(tables: readonly (Table | undefined)[]): ReadonlyMap<string | null, Table> {
  const found = new Map<string | null, Table>();
  for (const table of tables) {
    const role = table?.predicate.role;
    if (table !== undefined && role?.kind === "localAddr") found.set(role.overlay ?? null, table);
  }
  return found;
}

function tablesOfRole(tables: readonly (Table | undefined)[], kind: PredicateSpec["role"]["kind"]): readonly Table[] {
  return tables.filter((table): table is Table => table?.predicate.role.kind === kind);
}

function overlayOf({ predicate: { role } }: Table): string | null {
  return "overlay" in role ? (role.overlay ?? null) : null;
}
