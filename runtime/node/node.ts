import { Engine, type EngineListener } from "../engine/engine.ts";
import type { StepInput } from "../engine/step-input.ts";
import type { EngineCounters } from "../engine/engine-counters.ts";
import { defaultLimits, type Limits } from "../engine/limits.ts";
import { PeriodicTimers } from "../engine/periodic-timers.ts";
import type { Table } from "../engine/tables/table.ts";
import { Snitch } from "../observe/snitch.ts";
import type { WatchLine } from "../observe/watch.ts";
import type { Tuple } from "../plan/values/packet.ts";
import type { Plan, TimerSpec } from "../plan/contract/plan.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import type { Values, Value } from "../plan/values/value.ts";
import { defaultSocketLimits, type SocketLimits } from "../socket/socket-limits.ts";
import { RandomStreams } from "../world/random.ts";
import type { Clock, Timer, World } from "../world/world.ts";
import type { MetricsSnapshot, TrafficMetrics } from "../observe/metrics-snapshot.ts";
import { collectMetrics, collectFlowMetrics } from "./collect-metrics.ts";
import { NodeDataflow } from "./dataflow.ts";
import { initialTuples, skippedFacts } from "./initial-tuples.ts";
import type { Fact } from "./peer-facts.ts";
import { beginRun, type RunContext, tablesOfCacheableRuns } from "./cacheable-run.ts";
import { NodePorts } from "./ports.ts";
import type { Program } from "./program.ts";
import { type ProgramState, type SwapReport, ProgramSwap } from "./program-swap.ts";
import { unreferencedNumbers } from "./unreferenced.ts";
import { type Watched, watchedPredicates, Watcher } from "./watcher.ts";

/** What a node is told at its start, beside its program and its world. */
export interface NodeSettings {
  /** The names this node answers to as `host:port`; the first is its `localAddr` and that of its overlays. */
  readonly names: readonly string[];
  readonly facts: readonly Fact[];
  /** Predicates to report on, beside those the program watches. */
  readonly watch: readonly string[];
  readonly limits?: Partial<Limits>;
  readonly socketLimits?: Partial<SocketLimits>;
  readonly onWatch?: (line: WatchLine) => void;
  readonly onLog?: (message: string) => void;
  /** The node has adapted to something of its surroundings, in words. */
  readonly onAdapted?: (message: string) => void;
  /** A step passed a limit and was taken back; without this it is logged. */
  readonly onLimit?: (limit: keyof Limits, rule: string) => void;
}

export interface NodeCounters {
  readonly engine: EngineCounters;
  readonly drops: ReadonlyMap<string, number>;
  readonly conflicts: number;
  readonly evicted: number;
  readonly expired: number;
  /** Groups whose aggregate has no value. */
  readonly failedAggregates: number;
}

/** The event that tells a program that its node is going. */
const SHUTDOWN = "shutdown";

/** What came of an operator's wish; `limit`: the step passed one and was taken back. */
export type Operated = "done" | "unknown" | "limit";

/** A program and what runs it: all that is replaced when the node is given another. */
interface Running {
  readonly program: Program;
  /** The node's own, beside the program's. */
  readonly facts: readonly Fact[];
  readonly engine: Engine;
  readonly dataflow: NodeDataflow;
  readonly timers: PeriodicTimers;
  readonly watched: Watched;
}

/** A running program on one host, real or simulated. */
export class Node {
  readonly #world: World;
  readonly #settings: NodeSettings;
  readonly #names: ReadonlySet<string>;
  readonly #limits: Limits;
  readonly #streams: RandomStreams;
  readonly #ports: NodePorts;
  readonly #startedAt: number;
  readonly #watcher: Watcher;
  /** On every edge of the node's graph. */
  readonly snitch: Snitch = new Snitch();
  #running: Running;
  #expiry: { readonly at: number; readonly timer: Timer } | undefined;
  #isStopped = false;
  /** While another program takes over the tables: whether a row was there before. */
  #wasPresent: ((predicate: number, values: Values) => boolean) | undefined;

  constructor(program: Program, world: World, settings: NodeSettings) {
    this.#world = world;
    this.#settings = settings;
    this.#names = new Set(settings.names);
    this.#limits = { ...defaultLimits, ...settings.limits };
    this.#streams = new RandomStreams(world.seed);
    this.#startedAt = world.clock.now();
    const tell = (line: WatchLine): void => settings.onWatch?.(line);
    this.#watcher = new Watcher(settings.names[0] ?? "", () => this.uptime, tell);
    this.#ports = new NodePorts({
      world,
      streams: this.#streams,
      limits: this.#limits,
      socketLimits: { ...defaultSocketLimits, ...settings.socketLimits },
      adapted: (message) => settings.onAdapted?.(message),
      step: (input) => this.#step(input),
      findUnreferenced: (numbers) =>
        unreferencedNumbers(numbers, this.#running.engine.tables, this.#ports.mux.waiting()),
    });
    this.#running = this.#assemble(program, settings.facts);
    this.snitch.follow(program.plan);
    this.snitch.onListener = (): void => this.#blockFlowCache();
    this.#blockFlowCache();
    world.flowCache?.setRecorder(() => beginRun(this.#runContext()));
  }

  /** A program with what it takes to run it on this node, ready for its first step. */
  #assemble(program: Program, facts: readonly Fact[]): Running {
    const { plan, strands } = program;
    const { clock } = this.#world;
    const watched = watchedPredicates(plan, this.#settings.watch);
    const decisive = tablesOfCacheableRuns(plan);
    const listener = this.#listener(watched, (table, kind, values) => {
      if (kind !== "refresh" && decisive.has(table.predicate.id)) this.#world.flowCache?.flush();
      dataflow.channel?.changed(table, kind, values);
    });
    const engine = new Engine({
      plan,
      strands,
      clock,
      streams: this.#streams,
      limits: this.#limits,
      listener,
      snitch: this.snitch,
    });
    const dataflow = new NodeDataflow({
      plan,
      engine,
      ports: this.#ports,
      clock,
      streams: this.#streams,
      snitch: this.snitch,
      isOwn: (address) => this.#isOwn(address, engine),
      received: (tuple, from) => this.#watcher.received(watched, tuple, from),
      sent: (tuple, location) => this.#watcher.sent(watched, tuple, location),
    });
    engine.connect(dataflow);
    const ring = (timer: TimerSpec, number: number): void => this.#ring(timer, number);
    const timers = new PeriodicTimers(plan.timers, clock, this.#streams, ring);
    return { program, facts, engine, dataflow, timers, watched };
  }

  /** Loads the facts and starts the timers. False when the facts could not be loaded: the node then does nothing. */
  start(): boolean {
    const { engine, dataflow, timers } = this.#running;
    this.#sayWhatIsSkipped(this.plan);
    const facts = this.#initialTuples(this.#running);
    dataflow.takePorts();
    if (!this.#ports.mux.runExclusive(() => engine.load(facts))) return false;
    this.#armExpiry();
    this.#ports.networkIn.start();
    timers.start();
    return true;
  }

  /**
   * Gives the node another program, between two steps. Tables that are declared as before keep their rows, with the time
   * they have left; what rules define is derived anew, and rules hear only of what has become different. Facts that the
   * new program says and the old did not are put, those that it says no more are taken away. Timers that both have go on,
   * and so do calls of views whose rule has not changed; sockets that no row holds any more are closed. Undefined when
   * rules passed a limit over it: then nothing has happened. `facts` are the node's own, as at its start. Not to be called
   * from within a step.
   */
  replaceProgram(program: Program, facts: readonly Fact[]): SwapReport | undefined {
    this.#world.flowCache?.countHits();
    return this.#ports.mux.runExclusive(() => {
      const previous = this.#running;
      const next = this.#assemble(program, facts);
      const swap = new ProgramSwap(stateOf(previous), stateOf(next), next.timers.eventsOf(previous.timers));
      const report = swap.report();
      const had = swap.had();
      const changes = swap.changes(this.#initialTuples(previous), this.#initialTuples(next));
      this.#wasPresent = had;
      this.snitch.follow(program.plan);
      const onAdopted = (): void => {
        this.#wasPresent = undefined;
        for (const { table, values } of swap.removedRows()) {
          this.#watcher.row(previous.watched, "-", table.predicate, values);
        }
      };
      if (!next.engine.resume(swap.keptRows(), { had, onAdopted }, changes)) {
        this.#wasPresent = undefined;
        this.snitch.follow(previous.program.plan);
        return undefined;
      }
      next.engine.addCountersOf(previous.engine);
      next.dataflow.takePorts(previous.dataflow);
      this.#running = next;
      this.#world.flowCache?.flush();
      this.#blockFlowCache();
      this.#sayWhatIsSkipped(program.plan);
      this.#ports.mux.replaceProgram((cause) => {
        const tuple = swap.tuple(cause.tuple);
        return tuple && { ...cause, tuple };
      });
      this.#ports.tcp.reclaim();
      next.timers.resume(previous.timers);
      this.#armExpiry();
      return report;
    });
  }

  #sayWhatIsSkipped(plan: Plan): void {
    const skipped = skippedFacts(plan, this.#settings.names);
    if (skipped !== undefined) this.#settings.onLog?.(skipped);
  }

  /**
   * Raises `shutdown()` before anything else that waits, lets what follows from it happen, and stops: when nothing waits
   * any more, or after so many seconds.
   */
  async shutdown(patience: number): Promise<void> {
    if (this.#isStopped) return;
    const { clock } = this.#world;
    const end = clock.now() + patience;
    this.#running.timers.stop();
    const predicate = predicateOf(this.plan, SHUTDOWN, 0);
    if (predicate !== undefined) {
      const tuple = { predicate, args: [], isDelete: false };
      this.#ports.mux.runExclusive(() => this.#step({ tuple, provenance: "rule", source: null }));
    }
    while (this.#ports.mux.length > 0 && clock.now() < end) {
      await new Promise<void>((resolve) => clock.soon(resolve));
    }
    await this.stop();
  }

  /** Stops at once: nothing that waits happens any more. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#running.timers.stop();
    this.#expiry?.timer.cancel();
    this.#running.dataflow.channel?.stop();
    this.#ports.mux.close();
    this.#ports.paths.stop();
    const { datagrams, tun, streams } = this.#world;
    await Promise.all([datagrams.close(), tun?.close(), streams?.close()]);
  }

  /** Inserts a row, or raises an event, as an operator would. False when the program has no such predicate. */
  insert(name: string, args: Values): boolean {
    return this.#operate(name, args, false);
  }

  /** Deletes what equals `args` on the key. */
  delete(name: string, args: Values): boolean {
    return this.#operate(name, args, true);
  }

  #operate(name: string, args: Values, isDelete: boolean): boolean {
    const cause = this.#causeOf(name, args, isDelete);
    if (cause !== undefined) this.#ports.mux.push(cause);
    return cause !== undefined;
  }

  /**
   * As `insert` or `delete`, but ahead of all that waits: the step is over when this returns, or never was. For another
   * place the step only sends it there, as a rule would. Not to be called from within a step.
   */
  operate(name: string, args: Values, isDelete: boolean, place?: Value): Operated {
    const cause = this.#causeOf(name, args, isDelete);
    if (cause === undefined) return "unknown";
    const { engine } = this.#running;
    const isHere = place === undefined || this.#isOwn(place, engine);
    const step = (): boolean => (isHere ? this.#step(cause) : this.#stepped(engine.send(cause.tuple, place)));
    return this.#ports.mux.runExclusive(step) ? "done" : "limit";
  }

  /** Whether the node answers to the name. */
  #isOwn(place: Value, engine: Engine): boolean {
    return typeof place === "string" && (this.#names.has(place) || engine.isLocalAddress(place));
  }

  #causeOf(name: string, args: Values, isDelete: boolean): StepInput | undefined {
    const predicate = predicateOf(this.plan, name, args.length);
    if (predicate === undefined || predicate.table?.derived === "pure") return undefined;
    return { tuple: { predicate, args, isDelete }, provenance: "operator", source: null };
  }

  get plan(): Plan {
    return this.#running.program.plan;
  }

  /** Seconds since it was made. */
  get uptime(): number {
    return this.#world.clock.now() - this.#startedAt;
  }

  get clock(): Clock {
    return this.#world.clock;
  }

  /** For reading, between two steps. */
  table(name: string): Table | undefined {
    return this.#running.engine.tables.find((one) => one?.predicate.name === name);
  }

  /** The first `localAddr` of the overlay, of the node itself for null. */
  localAddress(overlay: string | null): Value | undefined {
    return this.#running.engine.localAddress(overlay);
  }

  /** The rows of a table, oldest first; undefined when it is none. */
  rows(name: string): readonly Values[] | undefined {
    const table = this.table(name);
    return table === undefined ? undefined : [...table.rows()];
  }

  get counters(): NodeCounters {
    this.#world.flowCache?.countHits();
    const { conflicts, evicted, expired, failedAggregates } = this.#running.engine.store.tally;
    return {
      engine: this.#running.engine.counters,
      drops: this.#running.dataflow.drops,
      conflicts,
      evicted,
      expired,
      failedAggregates,
    };
  }

  /** The node in numbers. Costs nothing while nobody asks. */
  metrics(): MetricsSnapshot {
    this.#world.flowCache?.countHits();
    return collectMetrics({
      name: this.#settings.names[0] ?? "",
      uptime: this.uptime,
      plan: this.#running.program.plan,
      world: this.#world,
      limits: this.#limits,
      engine: this.#running.engine,
      dataflow: this.#running.dataflow,
      timers: this.#running.timers.running,
    });
  }

  /** The part of the figures that is cheap enough to look at all the time. */
  flowMetrics(): TrafficMetrics {
    this.#world.flowCache?.countHits();
    return collectFlowMetrics(this.#running.dataflow, this.#world);
  }

  #runContext(): RunContext {
    const { program, engine, dataflow } = this.#running;
    return { plan: program.plan, engine, dataflow, world: this.#world };
  }

  /** Who is told of events must be told of all. Rows do not change by what goes past the rules. */
  #blockFlowCache(): void {
    const { program, watched } = this.#running;
    const isWatched = program.plan.predicates.some(({ id, table }) => table === undefined && watched.has(id));
    this.#world.flowCache?.block("observers", this.snitch.isOn || isWatched);
  }

  #initialTuples({ program: { plan }, facts }: Running): readonly Tuple[] {
    return initialTuples(plan, this.#settings.names, facts);
  }

  #step(cause: StepInput): boolean {
    return this.#stepped(this.#running.engine.step(cause));
  }

  #stepped(isDone: boolean): boolean {
    this.#armExpiry();
    return isDone;
  }

  #ring(timer: TimerSpec, number: number): void {
    const predicate = this.#running.program.plan.predicates[timer.predicate] as PredicateSpec;
    this.#ports.mux.push({
      tuple: { predicate, args: [number], isDelete: false },
      provenance: "rule",
      source: null,
    });
  }

  /** One timer for all tables: set anew only when something expires sooner than it would ring. */
  #armExpiry(): void {
    const at = this.#running.engine.store.nextExpiry();
    if (at === Infinity || (this.#expiry !== undefined && this.#expiry.at <= at)) return;
    this.#expiry?.timer.cancel();
    this.#expiry = { at, timer: this.#world.clock.at(at, () => this.#expire()) };
  }

  #expire(): void {
    this.#expiry = undefined;
    if (this.#isStopped) return;
    if (this.#running.engine.store.nextExpiry() <= this.#world.clock.now()) {
      this.#ports.mux.runExclusive(() => this.#running.engine.expire());
    }
    this.#armExpiry();
  }

  #listener(watched: Watched, changed: EngineListener["changed"]): EngineListener {
    return {
      changed: (table: Table, kind, values: Values): void => {
        changed(table, kind, values);
        if (this.#wasPresent?.(table.predicate.id, values) === true) return;
        this.#watcher.row(watched, kind, table.predicate, values);
        if (this.snitch.isOn) this.#tellView(table, kind, values);
      },
      event: (tuple: Tuple): void => this.#watcher.event(watched, tuple),
      stepEnded: (isDone: boolean): void => this.#watcher.settle(isDone),
      limitExceeded: (limit: keyof Limits, rule: string): void => {
        this.snitch.undone(limit, rule);
        if (this.#settings.onLimit !== undefined) return this.#settings.onLimit(limit, rule);
        this.#settings.onLog?.(`a step passed its limit of ${limit} in rule ${rule} and was taken back`);
      },
    };
  }

  /** Other rows have crossed an edge to the tables. */
  #tellView({ predicate, spec }: Table, kind: WatchLine["op"], args: Values): void {
    if (spec.derived !== "none" && kind !== "refresh") this.snitch.derived({ predicate, args, isDelete: kind === "-" });
  }
}

function stateOf({ program, engine }: Running): ProgramState {
  return { plan: program.plan, tables: engine.tables };
}

function predicateOf({ predicates }: Plan, name: string, arity: number): PredicateSpec | undefined {
  return predicates.find((spec) => spec.name === name && spec.arity === arity);
}
