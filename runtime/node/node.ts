import { type Cause, Engine, type EngineCounters, type EngineListener } from "../engine/engine.ts";
import { defaultLimits, type Limits } from "../engine/limits.ts";
import { PeriodicTimers } from "../engine/periodic-timers.ts";
import type { Table } from "../engine/table.ts";
import { Snitch } from "../observe/snitch.ts";
import { type WatchLine, watchedTuple } from "../observe/watch.ts";
import { formatValue } from "../plan/format.ts";
import type { Tuple } from "../plan/packet.ts";
import type { FactSpec, Plan, PredicateSpec, TimerSpec } from "../plan/plan.ts";
import type { Row, Value } from "../plan/value.ts";
import type { Clock, Timer, World } from "../world/world.ts";
import type { Figures, FlowFigures } from "../observe/figures.ts";
import { collectFigures, flowFigures } from "./collect-figures.ts";
import { NodeDataflow } from "./dataflow.ts";
import type { Program } from "./program.ts";

/** What a node is told at its start, beside its program and its world. */
export interface NodeSettings {
  /** The names this node answers to as `host:port`; the first is its `localAddr` and that of its overlays. */
  readonly names: readonly string[];
  readonly facts: readonly { readonly predicate: string; readonly args: Row }[];
  /** Predicates to report on, beside those the program watches. */
  readonly watch: readonly string[];
  readonly limits?: Partial<Limits>;
  readonly onWatch?: (line: WatchLine) => void;
  readonly onLog?: (message: string) => void;
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

/** A running program on one host, real or simulated. */
export class Node {
  readonly #program: Program;
  readonly #world: World;
  readonly #settings: NodeSettings;
  readonly #limits: Limits;
  readonly #engine: Engine;
  readonly #dataflow: NodeDataflow;
  readonly #timers: PeriodicTimers;
  /** Letters of `watchmod`, by predicate. */
  readonly #watched: ReadonlyMap<number, string>;
  readonly #startedAt: number;
  /** On every edge of the node's graph. */
  readonly snitch: Snitch = new Snitch();
  #expiry: { readonly at: number; readonly timer: Timer } | undefined;
  #isStopped = false;
  /** Of the step under way. */
  #told: WatchLine[] = [];

  constructor(program: Program, world: World, settings: NodeSettings) {
    const { plan, strands } = program;
    const limits = { ...defaultLimits, ...settings.limits };
    this.#program = program;
    this.#world = world;
    this.#settings = settings;
    this.#limits = limits;
    this.#startedAt = world.clock.now();
    this.#watched = watchedPredicates(plan, settings.watch);
    this.#engine = new Engine(plan, strands, world.clock, world.seed, limits, this.#listener(), this.snitch);
    const names = new Set(settings.names);
    const isOwn = (name: string): boolean => names.has(name) || this.#engine.isLocalAddress(name);
    const network = {
      sent: (tuple: Tuple, location: Value): void => this.#watch("send", tuple, location),
      received: (tuple: Tuple, from: Value): void => this.#watch("recv", tuple, from),
    };
    const step = (cause: Cause): void => void this.#step(cause);
    this.#dataflow = new NodeDataflow(plan, this.#engine, world, limits, isOwn, step, network, this.snitch);
    this.snitch.follow(plan);
    this.#engine.connect(this.#dataflow);
    this.#timers = new PeriodicTimers(plan.timers, world.clock, world.seed, (timer, number) =>
      this.#ring(timer, number),
    );
  }

  /** Loads the facts and starts the timers. False when the facts could not be loaded: the node then does nothing. */
  start(): boolean {
    const facts = this.#initialTuples();
    if (!this.#dataflow.mux.interlude(() => this.#engine.load(facts))) return false;
    this.#armExpiry();
    this.#dataflow.start();
    this.#timers.start();
    return true;
  }

  /**
   * Raises `shutdown()` before anything else that waits, lets what follows from it happen, and stops: when nothing waits
   * any more, or after so many seconds.
   */
  async shutdown(patience: number): Promise<void> {
    if (this.#isStopped) return;
    const { clock } = this.#world;
    const end = clock.now() + patience;
    this.#timers.stop();
    const predicate = this.#predicate(SHUTDOWN, 0);
    if (predicate !== undefined) {
      const tuple = { predicate, args: [], isDelete: false };
      this.#dataflow.mux.interlude(() => this.#step({ tuple, provenance: "rule", source: null }));
    }
    while (this.#dataflow.mux.length > 0 && clock.now() < end) {
      await new Promise<void>((resolve) => clock.soon(resolve));
    }
    await this.stop();
  }

  /** Stops at once: nothing that waits happens any more. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#timers.stop();
    this.#expiry?.timer.cancel();
    this.#dataflow.mux.close();
    await Promise.all([this.#world.datagrams.close(), this.#world.tun?.close()]);
  }

  /** Inserts a row, or raises an event, as an operator would. False when the program has no such predicate. */
  insert(name: string, args: Row): boolean {
    return this.#operate(name, args, false);
  }

  /** Deletes what equals `args` on the key. */
  delete(name: string, args: Row): boolean {
    return this.#operate(name, args, true);
  }

  #operate(name: string, args: Row, isDelete: boolean): boolean {
    const cause = this.#causeOf(name, args, isDelete);
    if (cause !== undefined) this.#dataflow.mux.push(cause);
    return cause !== undefined;
  }

  /**
   * As `insert` or `delete`, but ahead of all that waits: the step is over when this returns, or never was. Not to be
   * called from within a step.
   */
  operate(name: string, args: Row, isDelete: boolean): Operated {
    const cause = this.#causeOf(name, args, isDelete);
    if (cause === undefined) return "unknown";
    return this.#dataflow.mux.interlude(() => this.#step(cause)) ? "done" : "limit";
  }

  #causeOf(name: string, args: Row, isDelete: boolean): Cause | undefined {
    const predicate = this.#predicate(name, args.length);
    if (predicate === undefined || predicate.table?.view === "pure") return undefined;
    return { tuple: { predicate, args, isDelete }, provenance: "operator", source: null };
  }

  get plan(): Plan {
    return this.#program.plan;
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
    return this.#engine.tables.find((one) => one?.predicate.name === name);
  }

  /** The first `localAddr` of the overlay, of the node itself for null. */
  localAddress(overlay: string | null): Value | undefined {
    return this.#engine.localAddress(overlay);
  }

  /** The rows of a table, oldest first; undefined when it is none. */
  rows(name: string): readonly Row[] | undefined {
    const table = this.table(name);
    return table === undefined ? undefined : [...table.rows()];
  }

  get counters(): NodeCounters {
    const { conflicts, evicted, expired, failedAggregates } = this.#engine.store.tally;
    return {
      engine: this.#engine.counters,
      drops: this.#dataflow.drops,
      conflicts,
      evicted,
      expired,
      failedAggregates,
    };
  }

  /** The node in numbers. Costs nothing while nobody asks. */
  figures(): Figures {
    return collectFigures({
      name: this.#settings.names[0] ?? "",
      uptime: this.uptime,
      plan: this.#program.plan,
      world: this.#world,
      limits: this.#limits,
      engine: this.#engine,
      dataflow: this.#dataflow,
      timers: this.#timers.running,
    });
  }

  /** The part of the figures that is cheap enough to look at all the time. */
  flow(): FlowFigures {
    return flowFigures(this.#dataflow, this.#world);
  }

  #predicate(name: string, arity: number): PredicateSpec | undefined {
    return this.#program.plan.predicates.find((spec) => spec.name === name && spec.arity === arity);
  }

  /** Own addresses, unless facts say otherwise, then the facts of the program and of this node. */
  #initialTuples(): readonly Tuple[] {
    const { plan } = this.#program;
    const given = [
      ...this.#ownFacts().map((fact) => ({
        predicate: plan.predicates[fact.predicate] as PredicateSpec,
        args: fact.args,
      })),
      ...this.#settings.facts.flatMap(({ predicate, args }) => {
        const spec = this.#predicate(predicate, args.length);
        return spec === undefined ? [] : [{ predicate: spec, args }];
      }),
    ];
    const named = new Set(given.map((fact) => fact.predicate.id));
    const own = plan.predicates
      .filter((spec) => spec.role.kind === "localAddr" && !named.has(spec.id))
      .map((predicate) => ({ predicate, args: this.#settings.names.slice(0, 1) }));
    return [...own, ...given].map((fact) => ({ ...fact, isDelete: false }));
  }

  /** A program may hold the facts of a whole network. */
  #ownFacts(): readonly FactSpec[] {
    const { facts, predicates } = this.#program.plan;
    const named = facts.filter(({ predicate }) => predicates[predicate]?.role.kind === "localAddr");
    const own = new Set<Value>([...this.#settings.names, ...named.flatMap(({ args }) => args)]);
    const others = facts.filter(({ place }) => place !== undefined && !own.has(place));
    const [first] = others;
    if (first !== undefined) {
      const { rule, file, line } = first.origin;
      const count = others.length === 1 ? "a fact that names another node is" : `${others.length} facts of others are`;
      const place = formatValue(first.place ?? null);
      this.#settings.onLog?.(`${count} skipped: \`${rule}\` of ${place} (${file}:${line})`);
    }
    return facts.filter((fact) => !others.includes(fact));
  }

  #step(cause: Cause): boolean {
    const isDone = this.#engine.step(cause);
    this.#armExpiry();
    return isDone;
  }

  #ring(timer: TimerSpec, number: number): void {
    const predicate = this.#program.plan.predicates[timer.predicate] as PredicateSpec;
    this.#dataflow.mux.push({
      tuple: { predicate, args: [number], isDelete: false },
      provenance: "rule",
      source: null,
    });
  }

  /** One timer for all tables: set anew only when something expires sooner than it would ring. */
  #armExpiry(): void {
    const at = this.#engine.store.nextExpiry();
    if (at === Infinity || (this.#expiry !== undefined && this.#expiry.at <= at)) return;
    this.#expiry?.timer.cancel();
    this.#expiry = { at, timer: this.#world.clock.at(at, () => this.#expire()) };
  }

  #expire(): void {
    this.#expiry = undefined;
    if (this.#isStopped) return;
    if (this.#engine.store.nextExpiry() <= this.#world.clock.now()) {
      this.#dataflow.mux.interlude(() => this.#engine.expire());
    }
    this.#armExpiry();
  }

  #listener(): EngineListener {
    return {
      changed: (table: Table, kind, values: Row): void => {
        if (this.#isWatched(table.predicate.id, kind)) this.#report(kind, table.predicate.name, values);
        if (this.snitch.isOn) this.#tellView(table, kind, values);
      },
      event: (tuple: Tuple): void => this.#watch("event", tuple, undefined),
      settled: (isDone: boolean): void => this.#settle(isDone),
      limitPassed: (limit: keyof Limits, rule: string): void => {
        this.snitch.undone(limit, rule);
        if (this.#settings.onLimit !== undefined) return this.#settings.onLimit(limit, rule);
        this.#settings.onLog?.(`a step passed its limit of ${limit} in rule ${rule} and was taken back`);
      },
    };
  }

  /** Other rows have crossed an edge to the tables. */
  #tellView({ predicate, spec }: Table, kind: WatchLine["op"], args: Row): void {
    if (spec.view !== "none" && kind !== "refresh") this.snitch.derived({ predicate, args, isDelete: kind === "-" });
  }

  /** What a step did is told when it is done, and not at all when it was taken back. */
  #settle(isDone: boolean): void {
    if (this.#told.length === 0) return;
    const lines = this.#told;
    this.#told = [];
    if (isDone) for (const line of lines) this.#settings.onWatch?.(line);
  }

  #watch(op: WatchLine["op"], { predicate, args }: Tuple, place: Value | undefined): void {
    if (this.#isWatched(predicate.id, op)) this.#report(op, predicate.name, args, place);
  }

  #isWatched(predicate: number, op: WatchLine["op"]): boolean {
    return this.#watched.get(predicate)?.includes(MODES[op]) === true;
  }

  #report(op: WatchLine["op"], name: string, args: Row, place?: Value): void {
    const t = this.uptime;
    const loc = place === undefined ? {} : { loc: typeof place === "string" ? place : formatValue(place) };
    const line: WatchLine = { t, node: this.#settings.names[0] ?? "", op, tuple: watchedTuple(name, args), ...loc };
    if (op === "recv") this.#settings.onWatch?.(line);
    else this.#told.push(line);
  }
}

/** The letter of `watchmod` that asks for each kind of line: an event is an insertion that does not stay. */
const MODES: Readonly<Record<WatchLine["op"], string>> = {
  "+": "i",
  "-": "d",
  refresh: "r",
  event: "i",
  send: "s",
  recv: "c",
};
const ALL_MODES = "idrcs";

function watchedPredicates(plan: Plan, names: readonly string[]): ReadonlyMap<number, string> {
  const modes = plan.predicates.map((spec) => [spec.id, names.includes(spec.name) ? ALL_MODES : spec.watch] as const);
  return new Map(modes.filter(([, letters]) => letters !== ""));
}
