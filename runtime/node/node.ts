/**
 * A node: a program, the engine and dataflow that run it, and the world around them. Starts and stops the node, swaps its program, carries
 * out the requests of operators, and arms the timers. `ports.ts` calls `#step` to start a step; `dataflow.ts` describes the path of tuples.
 */
import { Engine, type EngineListener } from "../engine/engine.ts";
import { type FailureReport, failureMessage } from "../engine/failure-reports.ts";
import { refusedMessage, type RefusedSteps } from "../engine/refused-steps.ts";
import type { StepInput } from "../engine/step-input.ts";
import { defaultLimits, limitName, type Limits } from "../engine/limits/limits.ts";
import { DEFAULT_SEND_RATE } from "../engine/limits/send-limit.ts";
import { Nonces } from "../engine/nonces.ts";
import { PeriodicTimers } from "../engine/periodic-timers.ts";
import type { Secrets } from "../engine/strand-context.ts";
import type { RowObserver } from "../engine/tables/journal.ts";
import type { Table } from "../engine/tables/table.ts";
import { Snitch } from "../observe/snitch.ts";
import type { WatchLine } from "../observe/watch.ts";
import type { Tuple } from "../plan/values/packet.ts";
import type { FactSpec, Plan, TimerSpec } from "../plan/contract/plan.ts";
import { predicateOf } from "../plan/contract/predicate-of.ts";
import { parseHostPort } from "../plan/values/host-port.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import type { Values, Value } from "../plan/values/value.ts";
import { defaultSocketLimits } from "../socket/socket-limits.ts";
import { RandomStreams } from "../world/random.ts";
import type { Clock, World } from "../world/world.ts";
import type { MetricsSnapshot, TrafficMetrics } from "../observe/metrics-snapshot.ts";
import { AddressCollisions } from "./address-collisions.ts";
import { collectMetrics, collectTrafficMetrics } from "./collect-metrics.ts";
import { NodeDataflow } from "./dataflow.ts";
import { addressChanges, hostChanges } from "./address-changes.ts";
import { ExpiryAlarm } from "./expiry-alarm.ts";
import { type FactOwner, factsOfOthers, initialTuples, skippedFacts } from "./initial-tuples.ts";
import { type EndpointNames, isAddressTable, movedNames, OwnAddresses, presentNames } from "./own-addresses.ts";
import { addressMapOf, type Fact } from "./peer-facts.ts";
import { beginRun, type RunContext, tablesOfCacheableRuns } from "./cacheable-run.ts";
import type { NodeSettings } from "./node-settings.ts";
import type { NodeCounters } from "./node-counters.ts";
import { NodeHistory } from "./node-history.ts";
import { NodePorts } from "./ports.ts";
import type { Program } from "./program.ts";
import { lostRowMessages, type ProgramState, type SwapReport, ProgramSwap } from "./program-swap.ts";
import { GracePeriods } from "./grace-periods.ts";
import { GRACE_SECONDS, rebindable, type RebindResult, refusal } from "./rebind.ts";
import { unreferencedNumbers } from "./unreferenced.ts";
import { type Watched, watchedPredicates, Watcher } from "./watcher.ts";

const NO_SECRETS: Secrets = new Map();

/** Greatest number of passes after one step that update addresses which depend on one another. Later steps make further passes. */
const FOLLOW_TURNS = 16;

/** Event that announces the shutdown of the node to its program. */
const SHUTDOWN = "shutdown";

/** Result of an operator's request. `unknown`: no such predicate. `limit`: the step exceeded a limit and was aborted. */
export type OperatorResult = "done" | "unknown" | "limit";

/** A program and its run-time state: the parts that a program swap replaces. */
interface Running {
  readonly program: Program;
  /** Facts of the node, in addition to the facts of the program. */
  readonly facts: readonly Fact[];
  readonly engine: Engine;
  readonly dataflow: NodeDataflow;
  readonly timers: PeriodicTimers;
  readonly watched: Watched;
  readonly collisions: AddressCollisions;
  /** Facts of the program for addresses to which this node does not answer. They are loaded when the node gets the address. */
  othersFacts: ReadonlySet<FactSpec>;
}

/** A running program on one host, real or simulated. */
export class Node {
  readonly #world: World;
  readonly #settings: NodeSettings;
  readonly #addresses: OwnAddresses;
  /** Names that do not depend on the addresses of the host. These names change when the socket moves. */
  #names: EndpointNames;
  readonly #limits: Limits;
  readonly #streams: RandomStreams;
  readonly #nonces: Nonces;
  readonly #ports: NodePorts;
  readonly #startedAt: number;
  readonly #watcher: Watcher;
  /** Traces the edges of the node's graph. */
  readonly snitch: Snitch = new Snitch();
  #running: Running;
  readonly #gracePeriods: GracePeriods;
  /** Alarm for the next row that expires, of all tables. */
  readonly #expiry: ExpiryAlarm;
  /** Reason why no other host could send to this host when the addresses of this host were last read. */
  #hostProblem: string | undefined;
  #isStopped = false;
  #isStopping = false;
  /** Whether a step has changed a table of own addresses since the last call of `#followAddresses`. */
  #areAddressesChanged = false;
  /** Set while a program swap restores the tables: whether the previous program had the row. Such a row is neither watched nor traced. */
  #wasPresent: ((predicate: number, values: Values) => boolean) | undefined;

  constructor(program: Program, world: World, settings: NodeSettings) {
    this.#world = world;
    this.#settings = settings;
    this.#names = settings;
    this.#addresses = new OwnAddresses(presentNames(settings, world.host));
    this.#gracePeriods = new GracePeriods(world.clock, this.#addresses, () => this.#changeAddresses());
    this.#limits = { ...defaultLimits, ...settings.limits };
    this.#streams = new RandomStreams(world.seed);
    this.#nonces = new Nonces(world.secret ?? (() => this.#streams.stream("nonces").next()));
    this.#startedAt = world.clock.now();
    this.#expiry = new ExpiryAlarm(world.clock, () => this.#expire());
    const report = (line: WatchLine): void => settings.onWatch?.(line);
    this.#watcher = new Watcher(this.name, () => this.uptime, report);
    this.#ports = new NodePorts({
      world,
      streams: this.#streams,
      limits: this.#limits,
      socketLimits: { ...defaultSocketLimits, ...settings.socketLimits },
      onAdapted: (message) => settings.onAdapted?.(message),
      step: (input) => this.#step(input),
      findUnreferenced: (numbers) =>
        unreferencedNumbers(numbers, this.#running.engine.tables, this.#ports.mux.waiting()),
    });
    this.#running = this.#assemble(program, settings.facts);
    this.snitch.follow(program.plan);
    this.snitch.onListener = (): void => this.#blockFlowCache();
    this.#blockFlowCache();
    world.flowCache?.setRecorder(() => beginRun(this.#runContext()));
    world.host?.onChange(() => this.#followHost());
  }

  /** Creates the engine, dataflow and timers of a program, ready for the first step. Does not touch the running program. */
  #assemble(program: Program, facts: readonly Fact[]): Running {
    const { plan, strands } = program;
    const watched = watchedPredicates(plan, this.#settings.watch);
    const cacheableTables = tablesOfCacheableRuns(plan);
    const addressMap = addressMapOf(plan);
    const collisions = new AddressCollisions({
      now: () => this.uptime,
      deviceAddresses: this.#world.devices.flatMap(({ network }) => network?.address ?? []),
      isOwn: (endpoint) => this.#isOwn(endpoint, engine) || this.#isOnThisHost(endpoint),
      report: (message) => this.#settings.onFailure?.(message),
    });
    const listener = this.#listener(watched, addressMap, collisions, (table, kind, values) => {
      if (kind !== "refresh" && cacheableTables.has(table.predicate.id)) this.#world.flowCache?.flush();
      dataflow.channel?.changed(table, kind, values);
    });
    const engine = new Engine({
      plan,
      strands,
      clock: this.#world.clock,
      streams: this.#streams,
      limits: this.#limits,
      queuedBytes: () => this.#ports.queuedBytes + (dataflow.channel?.bytes ?? 0),
      listener,
      snitch: this.snitch,
      nonces: this.#nonces,
      secrets: this.#settings.secrets ?? NO_SECRETS,
      ciphers: this.#world.ciphers,
      callId: this.#world.callId,
    });
    const dataflow = new NodeDataflow({
      plan,
      engine,
      ports: this.#ports,
      clock: this.#world.clock,
      streams: this.#streams,
      snitch: this.snitch,
      isOwn: (address) => this.#isOwn(address, engine),
      senderNames: this.#settings.senderNames,
      sendRate: this.#settings.sendRate ?? DEFAULT_SEND_RATE,
      limited: (message, rule, reason) => {
        if (rule !== "") this.snitch.failed(rule, reason);
        this.#settings.onFailure?.(message);
      },
      received: (tuple, from) => this.#watcher.received(watched, tuple, from),
      sent: (tuple, location) => this.#watcher.sent(watched, tuple, location),
    });
    engine.connect(dataflow);
    const fireTimer = (timer: TimerSpec, number: number): void => this.#fireTimer(timer, number);
    const timers = new PeriodicTimers(plan.timers, this.#world.clock, this.#streams, fireTimer);
    return { program, facts, engine, dataflow, timers, watched, collisions, othersFacts: new Set() };
  }

  /** Loads the facts, starts to receive, and starts the timers. False when the facts exceeded a limit: then the node stays idle. */
  start(): boolean {
    const { engine, dataflow, timers } = this.#running;
    const facts = this.#initialTuples(this.#running);
    this.#setOthersFacts(this.#running);
    dataflow.takePorts();
    if (!this.#ports.mux.runExclusive(() => this.#afterStep(engine.load(facts)))) return false;
    this.#ports.networkIn.start();
    timers.start();
    for (const message of dataflow.unreadDevices) this.#settings.onLog?.(message);
    return true;
  }

  /**
   * Swaps the program (hot reload). Must not be called from within a step. `facts` are the facts of the node, as in its settings.
   *
   * Tables with the same declaration keep their rows and the rest of their lifetimes. Derived tables are recomputed, and rules are notified
   * only of rows that differ from before. Facts that only the new program has are inserted; facts that only the previous program had are
   * deleted. Timers of both programs continue, and so do calls of views whose rule is unchanged. Sockets that no row references any more
   * are closed. Returns undefined, and changes nothing, when the step of the swap exceeds a limit.
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
      this.#setOthersFacts(next);
      this.#ports.mux.replaceProgram((input) => {
        const tuple = swap.tuple(input.tuple);
        return tuple && { ...input, tuple };
      });
      this.#ports.reclaimSockets();
      next.timers.resume(previous.timers);
      for (const message of [...lostRowMessages(report), ...next.dataflow.unreadDevices])
        this.#settings.onLog?.(message);
      this.#areAddressesChanged = true;
      this.#afterStep(true);
      return report;
    });
  }

  #setOthersFacts(running: Running): void {
    const owner = this.#owner(running);
    running.othersFacts = new Set(factsOfOthers(owner));
    const { names, processNames = [names] } = this.#settings;
    if (processNames[0] !== names) return;
    const { host } = this.#world;
    const ofProcess =
      processNames.length === 1
        ? this.#addresses
        : new OwnAddresses(processNames.flatMap((each) => presentNames({ names: each }, host)));
    const skipped = skippedFacts(factsOfOthers({ ...owner, addresses: ofProcess }));
    if (skipped !== undefined) this.#settings.onLog?.(skipped);
  }

  /**
   * Raises `shutdown()` ahead of the queued inputs, then runs queued inputs until the queue is empty or `gracePeriod` seconds have passed,
   * and stops.
   */
  async shutdown(gracePeriod: number): Promise<void> {
    if (this.#isStopped) return;
    const { clock } = this.#world;
    const end = clock.now() + gracePeriod;
    this.#isStopping = true;
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

  /** Stops at once. Queued inputs are discarded. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#running.timers.stop();
    this.#expiry.cancel();
    this.#gracePeriods.stop();
    this.#running.dataflow.channel?.stop();
    await this.#ports.close();
  }

  /** Queues an operator's insertion of a row, or an event. False if the program has no such predicate, or if only rules derive its rows. */
  insert(name: string, args: Values): boolean {
    return this.#operate(name, args, false);
  }

  /** Queues an operator's deletion of a row; `args` give the key of the row. False in the same cases as `insert`. */
  delete(name: string, args: Values): boolean {
    return this.#operate(name, args, true);
  }

  #operate(name: string, args: Values, isDelete: boolean): boolean {
    const input = this.#inputOf(name, args, isDelete);
    if (input !== undefined) this.#ports.mux.push(input);
    return input !== undefined;
  }

  /**
   * Inserts or deletes in a step that precedes the queued inputs and has ended when this returns. If `location` is another node, the step
   * only sends the tuple there, as a rule would. Must not be called from within a step.
   */
  operate(name: string, args: Values, isDelete: boolean, location?: Value): OperatorResult {
    const input = this.#inputOf(name, args, isDelete);
    if (input === undefined) return "unknown";
    const { engine } = this.#running;
    const isHere = location === undefined || this.#isOwn(location, engine);
    const step = (): boolean => (isHere ? this.#step(input) : this.#afterStep(engine.send(input.tuple, location)));
    return this.#ports.mux.runExclusive(step) ? "done" : "limit";
  }

  /**
   * Gives an overlay another announced address, in a step before the queued inputs. For `grace` seconds more the overlay also answers to
   * its old address. Must not be called from within a step. Refused if there is no such overlay, if a rule defines its address, or if the
   * overlay would carry itself.
   */
  rebind(overlay: string, address: Value, grace: number = GRACE_SECONDS): RebindResult {
    const { engine } = this.#running;
    const found = rebindable(overlay, address, this.plan, (name) => engine.localAddress(name));
    if (!("table" in found)) return found;
    const move = { overlay: found.overlay, from: engine.localAddress(found.overlay), to: address };
    const forgetFormer = this.#gracePeriods.begin(move, grace);
    if (this.operate(found.table.name, [address], false) !== "limit") return { kind: "done" };
    forgetFormer();
    return { kind: "limit" };
  }

  /**
   * Moves the socket of the node to another address of its host while it runs. The node announces the new address, unless an operator, a
   * rule or a fact has given it one. Refused, without any change, if the new socket cannot be opened.
   */
  async moveTo(listen: string): Promise<RebindResult> {
    const { moveTo, datagrams } = this.#world;
    if (moveTo === undefined) return refusal("the socket of this node cannot be moved");
    const { address: before } = datagrams;
    const moved = await moveTo(listen);
    if (!moved.ok) return refusal(moved.message);
    this.#names = movedNames(this.#settings, listen, datagrams.address);
    this.#ports.ownDatagrams.moveTo(datagrams.address);
    this.#settings.onAdapted?.(`listening at ${datagrams.address} instead of ${before}`);
    this.#followHost();
    return { kind: "done" };
  }

  /** Whether the location is an endpoint name of the node or an own address of the program. */
  #isOwn(location: Value, engine: Engine): boolean {
    return this.#addresses.has(location, engine);
  }

  /** Whether an interface of this host has the address of an endpoint. */
  #isOnThisHost(endpoint: string): boolean {
    const parsed = parseHostPort(endpoint);
    return parsed.ok && this.#world.isLocalHost?.(parsed.at.host) === true;
  }

  #inputOf(name: string, args: Values, isDelete: boolean): StepInput | undefined {
    const predicate = predicateOf(this.plan, name, args.length);
    if (predicate === undefined || predicate.table?.derived === "pure") return undefined;
    return { tuple: { predicate, args, isDelete }, provenance: "operator", source: null };
  }

  get plan(): Plan {
    return this.#running.program.plan;
  }

  /** First endpoint name of the node. Reports of the node carry this name. */
  get name(): string {
    return this.#addresses.names[0] ?? "";
  }

  /** Bound address of the node, numeric. */
  get listen(): string {
    return this.#world.datagrams.address;
  }

  /** Names of the devices, in the order of the command line. */
  get devices(): readonly string[] {
    return this.#world.devices.map(({ name }) => name);
  }

  /** Whether the node shuts down, or has stopped. */
  get isStopping(): boolean {
    return this.#isStopping || this.#isStopped;
  }

  /** Seconds since the node was created. */
  get uptime(): number {
    return this.#world.clock.now() - this.#startedAt;
  }

  get clock(): Clock {
    return this.#world.clock;
  }

  /** Returns a table for reading. To be called between two steps. */
  table(name: string): Table | undefined {
    return this.#running.engine.tables.find((one) => one?.predicate.name === name);
  }

  /** Returns the announced address of the overlay, or of the node itself if `overlay` is null. */
  localAddress(overlay: string | null): Value | undefined {
    return this.#running.engine.localAddress(overlay);
  }

  /** Returns the rows of a table, oldest first; undefined when there is no such table. */
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

  /** Collects the metrics snapshot. */
  metrics(): MetricsSnapshot {
    this.#world.flowCache?.countHits();
    return collectMetrics({
      name: this.name,
      uptime: this.uptime,
      plan: this.#running.program.plan,
      world: this.#world,
      limits: this.#limits,
      engine: this.#running.engine,
      dataflow: this.#running.dataflow,
      collisions: this.#running.collisions.metrics(),
      timers: this.#running.timers.running,
      outputQueues: this.#settings.outputQueues?.() ?? [],
    });
  }

  /** Collects the part of the metrics that is cheap enough to read every second. */
  trafficMetrics(): TrafficMetrics {
    this.#world.flowCache?.countHits();
    return collectTrafficMetrics(this.#running.dataflow, this.#world);
  }

  #runContext(): RunContext {
    const { program, engine, dataflow } = this.#running;
    return { plan: program.plan, engine, dataflow, world: this.#world };
  }

  /** Blocks the flow cache while somebody traces the node or watches events. A watch of rows does not block it: hits change no rows. */
  #blockFlowCache(): void {
    const { program, watched } = this.#running;
    const isWatched = program.plan.predicates.some(({ id, table }) => table === undefined && watched.has(id));
    this.#world.flowCache?.block("observers", this.snitch.isOn || isWatched);
  }

  #initialTuples(running: Running): readonly Tuple[] {
    return initialTuples(this.#owner(running));
  }

  /** Returns the owner of a program's facts. The addresses come from the running program, even if the facts are of the next program. */
  #owner({ program: { plan }, facts }: Running): FactOwner {
    return { plan, facts, addresses: this.#addresses, tables: this.#running.engine, host: this.#world.host };
  }

  /** Adapts to changed addresses of the host. While the host has no address, the node keeps its names. */
  #followHost(): void {
    if (this.#isStopped) return;
    const { host } = this.#world;
    const problem = host?.problem(this.listen);
    const names = problem === undefined ? presentNames(this.#names, host) : this.#addresses.names;
    const tuples = hostChanges(this.#owner(this.#running), this.#running, names);
    this.#reportAddress(names[0], problem);
    if (tuples.length === 0 && names.join() === this.#addresses.names.join()) return;
    this.#addresses.names = names;
    this.#changeAddresses(tuples);
  }

  /** Makes changes of tables that follow from new own addresses: the given ones, then those of `#followAddresses`. */
  #changeAddresses(tuples: readonly Tuple[] = []): void {
    const { engine } = this.#running;
    this.#world.flowCache?.flush();
    this.#areAddressesChanged = true;
    this.#ports.mux.runExclusive(() => this.#afterStep(tuples.length === 0 || engine.load(tuples)));
  }

  #reportAddress(name: string = "", problem: string | undefined): void {
    const before = this.name;
    if (problem !== undefined && problem !== this.#hostProblem)
      this.#settings.onFailure?.(`${problem}: this node is still ${before} for others`);
    if (name !== before) this.#settings.onAdapted?.(`the address of this node is ${name} now; it was ${before}`);
    this.#hostProblem = problem;
  }

  #step(input: StepInput): boolean {
    return this.#afterStep(this.#running.engine.step(input));
  }

  #afterStep(isDone: boolean): boolean {
    for (let turn = 0; this.#areAddressesChanged && turn < FOLLOW_TURNS; turn++) this.#followAddresses();
    this.#expiry.arm(this.#running.engine.store.nextExpiry());
    return isDone;
  }

  /** Makes the changes that follow from new own addresses, and queues the events `rebound`. */
  #followAddresses(): void {
    this.#areAddressesChanged = false;
    const running = this.#running;
    const { tuples, events, othersFacts } = addressChanges(this.#owner(running), running);
    running.othersFacts = othersFacts;
    if (tuples.length > 0) running.engine.load(tuples);
    for (const tuple of events) this.#ports.mux.pushReserved({ tuple, provenance: "rule", source: null });
  }

  #fireTimer(timer: TimerSpec, number: number): void {
    const predicate = this.#running.program.plan.predicates[timer.predicate] as PredicateSpec;
    this.#ports.mux.push({
      tuple: { predicate, args: [number], isDelete: false },
      provenance: "rule",
      source: null,
    });
  }

  /** Keeps the undo log of all steps from now on, so that the node can go back. Called between two steps, once. */
  keepHistory(observer: RowObserver): NodeHistory {
    const state = [this.#nonces, this.#addresses, this.#expiry];
    const load = (tuples: readonly Tuple[]): boolean => this.#afterStep(this.#running.engine.load(tuples));
    const apply = (tuples: readonly Tuple[]): boolean => this.#ports.mux.runExclusive(() => load(tuples));
    const discardInputs = (): void => this.#ports.mux.discard();
    return new NodeHistory(this.#running, { observer, state, streams: this.#streams, apply, discardInputs });
  }

  #expire(): void {
    if (this.#isStopped) return;
    if (this.#running.engine.store.nextExpiry() <= this.#world.clock.now()) {
      this.#ports.mux.runExclusive(() => {
        this.#running.engine.expire();
        this.#afterStep(true);
      });
    }
    this.#expiry.arm(this.#running.engine.store.nextExpiry());
  }

  #listener(
    watched: Watched,
    addressMap: number | undefined,
    collisions: AddressCollisions,
    changed: EngineListener["changed"],
  ): EngineListener {
    return {
      collidingTable: addressMap,
      collided: (kept, other) => collisions.rowsCollided(kept, other),
      changed: (table: Table, kind, values: Values): void => {
        changed(table, kind, values);
        if (table.predicate.id === addressMap) collisions.rowChanged(kind, values);
        if (isAddressTable(table.predicate)) this.#areAddressesChanged = true;
        if (this.#wasPresent?.(table.predicate.id, values) === true) return;
        this.#watcher.row(watched, kind, table.predicate, values);
        if (this.snitch.isOn) this.#traceDerived(table, kind, values);
      },
      event: (tuple: Tuple): void => this.#watcher.event(watched, tuple),
      stepEnded: (isDone: boolean): void => {
        this.#watcher.stepEnded(isDone);
        collisions.stepEnded(isDone);
      },
      derivationFailed: (report: FailureReport): void => {
        this.snitch.failed(report.rule, report.reason);
        this.#settings.onFailure?.(failureMessage(report));
      },
      limitExceeded: (refused: RefusedSteps, most: number | undefined): void => {
        const { limit, rule } = refused;
        this.snitch.undone(limitName(limit), rule);
        if (this.#settings.onLimit !== undefined) return this.#settings.onLimit(limit, rule, most);
        this.#settings.onLog?.(refusedMessage(refused, most));
      },
    };
  }

  /** Traces a row of a derived table. A row of another table is traced as a tuple that crosses the edge into the tables. */
  #traceDerived({ predicate, spec }: Table, kind: WatchLine["op"], args: Values): void {
    if (spec.derived !== "none" && kind !== "refresh") this.snitch.derived({ predicate, args, isDelete: kind === "-" });
  }
}

function stateOf({ program, engine }: Running): ProgramState {
  return { plan: program.plan, tables: engine.tables };
}
