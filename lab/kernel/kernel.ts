/**
 * Runner of a topology in the kernel. `mosaic lab` calls `runInKernel`, which creates network namespaces, starts a node in each,
 * and runs events, traffic, commands and checks in real time. Results leave as observations.
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Reply } from "../../runtime/control/reply.ts";
import type { Request } from "../../runtime/control/request.ts";
import { WallClock } from "../../runtime/device/wall-clock.ts";
import type { ReportFlow } from "../../runtime/sim/flow-report.ts";
import { countBytes } from "./byte-counters.ts";
import { FaultyLinks } from "./faulty-links.ts";
import { type FlowProcesses, startFlow } from "./flow-processes.ts";
import { HostCommand } from "./host-command.ts";
import { HostNode } from "./host-node.ts";
import { LabFailure, Namespaces } from "./namespaces.ts";
import { chooseLinkEmulation, type LinkEmulation } from "./link-emulation.ts";
import { nodeCommand } from "./node-command.ts";
import type { NodeState } from "../outcome/inspection.ts";
import type { Observe } from "../outcome/observation.ts";
import { problemIn, queryAnswer } from "../outcome/query-answer.ts";
import { PingLines } from "./ping-line.ts";
import { type PingProcesses, type PingTool, preparePing } from "./ping-process.ts";
import { type ActionPart, partsOf, requestParts } from "../topology/action-part.ts";
import { requestOf } from "../topology/node-request.ts";
import type { Plans } from "../topology/programs.ts";
import {
  type Command,
  type Host,
  isNodeAction,
  type NodeAction,
  type PingTraffic,
  plottedInterfaces,
  type QueryExpectation,
  type StreamTraffic,
  type Topology,
  type TopologyAction,
  type TransferTraffic,
} from "../topology/topology.ts";

export interface KernelSettings {
  /** The path of the `mosaic` command. */
  readonly mosaic: string;
  readonly plans: Plans;
  /** The folder for captures of the packets that each host sends and receives; undefined for no captures. */
  readonly captures?: string | undefined;
  /** Called with the folder of the lab's control sockets, HOST.sock, before the first node starts. */
  readonly onStart?: (folder: string) => void;
  /**
   * If present, the hosts keep running after the end of the run until `signal`; this function is called when that begins. If absent, the
   * lab ends with the run.
   */
  readonly onStay?: (() => void) | undefined;
  /** Returns the state of the node with this control socket; undefined if it does not answer. */
  readonly inspect?: (socket: string) => Promise<NodeState | undefined>;
  /** Returns the replies of the node with this control socket to a request; undefined if it does not answer. */
  readonly ask?: (socket: string, request: Request) => Promise<readonly Reply[] | undefined>;
  readonly pingTool: PingTool;
  readonly observe: Observe;
  /** Interrupts the run. */
  readonly signal: AbortSignal;
}

export type KernelOutcome =
  | {
      readonly ok: true;
      /** Seconds from the call until all nodes ran. */
      readonly startSeconds: number;
      /** Seconds that the removal of the lab took after the run. */
      readonly endSeconds: number;
      /** Unix time in seconds at which the time of the run was 0. */
      readonly epoch: number;
    }
  | { readonly ok: false; readonly message: string };

/** A timer of Node.js with a delay of more than 24 days fires at once. */
const LONGEST_SLEEP_SECONDS = 86_400;

/** Start of a log line of a process with several nodes, with the name of the node that logged it. */
const LOGGING_NODE = /^mosaic: (?:warning: |debug: )?(\S+:\d+): /;

const TICK_SECONDS = 0.5;
/** First port of streams and transfers. Each traffic has a port of its own. */
const FIRST_PORT = 5001;
/** Time limit for the last state of a node. */
const INSPECTION_SECONDS = 2;
/** Time limit after the end of the run for commands of checks. */
const TIMEOUT_SECONDS = 30;

/** Runs a topology in network namespaces. When the promise settles, the namespaces have been removed, even after a failure. */
export async function runInKernel(topology: Topology, settings: KernelSettings): Promise<KernelOutcome> {
  let lab: KernelLab | undefined;
  const calledAt = performance.now();
  try {
    lab = new KernelLab(topology, settings);
    await lab.start();
    const startSeconds = (performance.now() - calledAt) / 1e3;
    await lab.run();
    const endedAt = performance.now();
    await lab.close();
    return { ok: true, startSeconds, endSeconds: (performance.now() - endedAt) / 1e3, epoch: lab.epoch };
  } catch (error) {
    if (settings.signal.aborted) return { ok: false, message: "interrupted" };
    if (!(error instanceof LabFailure)) throw error;
    return { ok: false, message: error.message };
  } finally {
    await lab?.close();
  }
}

/** Task with its time in seconds from the start of the run. */
interface ScheduledTask {
  readonly at: number;
  readonly run: () => void | Promise<void>;
}

/** Running topology: its namespaces and processes. */
class KernelLab {
  readonly #topology: Topology;
  readonly #settings: KernelSettings;
  readonly #emulation: LinkEmulation;
  readonly #namespaces: Namespaces;
  readonly #nodes = new Map<string, HostNode>();
  /** Number of starts of each host's node. */
  readonly #starts = new Map<string, number>();
  /** Time of the latest start of each host's node. */
  readonly #startTimes = new Map<string, number>();
  /** Processes of streams and transfers. */
  readonly #flows: FlowProcesses[] = [];
  /** Processes of pings, by the number of the traffic. */
  readonly #pings = new Map<number, PingProcesses>();
  /** Undefined if no link needs the link process. */
  #links: FaultyLinks | undefined;
  readonly #commands: HostCommand[] = [];
  /** Processes that read the counters of interfaces. */
  readonly #byteCounters: ChildProcess[] = [];
  /** Checks whose command is still running. */
  readonly #pending: Promise<void>[] = [];
  /** Time in `performance.now()` at which all nodes ran. Until then the topology's time is 0. */
  #startedAt = Infinity;
  #epoch = NaN;

  constructor(topology: Topology, settings: KernelSettings) {
    this.#topology = topology;
    this.#settings = settings;
    this.#emulation = chooseLinkEmulation(topology);
    this.#namespaces = new Namespaces(topology, this.#emulation);
  }

  /** Unix time in seconds at which the time of the run was 0. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Starts the link process and all nodes. Settles when all nodes run. */
  async start(): Promise<void> {
    this.#settings.signal.throwIfAborted();
    this.#settings.onStart?.(this.#namespaces.folder);
    if (this.#emulation.hasProcess) this.#links = await FaultyLinks.start(this.#topology, this.#namespaces);
    const machines = this.#namespaces.wiring.machines.map((name) => this.#host(name));
    const nodes = machines.map((host) => this.#startNode(host));
    for (const [number, one] of this.#topology.traffic.entries())
      if (one.kind === "ping") this.#pings.set(number, this.#preparePings(one, number));
      else this.#flows.push(this.#startFlow(one, number));
    for (const [at, node] of nodes.entries()) {
      const failure = await node.ready;
      this.#settings.signal.throwIfAborted();
      if (failure !== undefined) throw new LabFailure(`${machines[at]?.machine}: ${failure}`);
    }
    await Promise.all([...this.#flows, ...this.#pings.values()].map(({ ready }) => ready));
    this.#settings.signal.throwIfAborted();
    this.#startedAt = performance.now();
    // The clock of the system may have been set since this process started.
    this.#epoch = new WallClock().now();
    const zero = Number(process.hrtime.bigint()) / 1e9;
    for (const flow of this.#flows) flow.begin(zero);
    this.#countBytes();
  }

  /** Runs all tasks of the topology at their times, to its end. */
  async run(): Promise<void> {
    const { traffic, events, commands, checks, duration } = this.#topology;
    // Tasks with equal times run in the order of this list: topology events first, so that traffic and checks see their effect.
    const last = { at: duration, run: () => this.#endFlows() };
    const tasks: readonly ScheduledTask[] = [
      ...events.map(({ at, action }) => ({ at, run: () => this.#applyAction(action) })),
      ...traffic.flatMap((one, number) =>
        one.kind === "ping" ? [{ at: one.at, run: () => this.#pings.get(number)?.begin() }] : [],
      ),
      ...commands.map((command) => ({ at: command.at, run: () => this.#runCommand(command) })),
      // Checks at the end see the last reports of all flows.
      ...(traffic.some(({ kind }) => kind !== "ping") ? [last] : []),
      ...checks.map((_, check) => ({ at: checks[check]?.at ?? duration, run: () => this.#check(check) })),
      ...ticks(duration).map((at) => ({ at, run: () => this.#settings.observe({ kind: "tick", at }) })),
    ];
    for (const { at, run } of tasks.toSorted((one, other) => one.at - other.at)) {
      await this.#sleepUntil(at);
      if (this.#links?.failure !== undefined) throw new LabFailure(this.#links.failure);
      await run();
    }
    const timeout = sleep(TIMEOUT_SECONDS * 1e3, undefined, { signal: this.#settings.signal, ref: false });
    await Promise.race([Promise.all(this.#pending), timeout]);
    if (this.#settings.onStay !== undefined) await this.#stay(this.#settings.onStay);
    await Promise.all(this.#topology.hosts.map(({ name }) => this.#inspect(name, false)));
    for (const drops of this.#namespaces.queueDrops()) {
      this.#settings.observe({ kind: "queueFull", at: this.#now(), ...drops });
    }
  }

  /** Ends the traffic, and keeps all hosts until the signal. */
  async #stay(onStay: () => void): Promise<void> {
    const { signal } = this.#settings;
    for (const { children } of this.#pings.values()) for (const child of children) child.kill();
    onStay();
    if (!signal.aborted) await once(signal, "abort");
  }

  async #sleepUntil(at: number): Promise<void> {
    do {
      const seconds = Math.min(Math.max(0, at - this.#now()), LONGEST_SLEEP_SECONDS);
      await sleep(seconds * 1e3, undefined, { signal: this.#settings.signal });
    } while (this.#now() < at);
  }

  /** Stops all processes and removes the namespaces. Idempotent. */
  async close(): Promise<void> {
    for (const { children } of [...this.#pings.values(), ...this.#flows]) for (const child of children) child.kill();
    for (const command of this.#commands) command.kill();
    for (const child of this.#byteCounters) child.kill();
    this.#links?.stop();
    await Promise.all([...this.#nodes.values()].map((node) => node.stop()));
    this.#namespaces.close();
  }

  #now(): number {
    return Math.max(0, performance.now() - this.#startedAt) / 1e3;
  }

  #host(name: string): Host {
    return this.#topology.hosts.find((one) => one.name === name) as Host;
  }

  /** Starts the process of a host. `host` is its first node. */
  #startNode(host: Host): HostNode {
    const { observe, plans, mosaic, captures } = this.#settings;
    const { name, machine } = host;
    const nodes = this.#topology.hosts.filter((one) => one.machine === machine);
    const start = (this.#starts.get(machine) ?? 0) + 1;
    this.#starts.set(machine, start);
    const names = new Map(nodes.map((one) => [one.address, one.name]));
    const nodeOf = (text: string): string => names.get(LOGGING_NODE.exec(text)?.[1] ?? "") ?? name;
    const setup = { topology: this.#topology, plans, namespaces: this.#namespaces, mosaic, captures };
    const command = this.#namespaces.on(name, nodeCommand(host, setup, start));
    const node = new HostNode(command, {
      onWatch: (line) => observe({ kind: "watch", at: this.#now(), host: names.get(line.node) ?? name, start, line }),
      onLine: (text) => observe({ kind: "log", at: this.#now(), host: nodeOf(text), text }),
      onExit: (how) => {
        for (const one of nodes) observe({ kind: "exited", at: this.#now(), host: one.name, how });
      },
    });
    this.#nodes.set(machine, node);
    this.#startTimes.set(machine, this.#now());
    return node;
  }

  /** Starts the processes of a stream or transfer. They wait for the start of the run. */
  #startFlow(traffic: StreamTraffic | TransferTraffic, number: number): FlowProcesses {
    const { observe } = this.#settings;
    const report: ReportFlow = (one) => observe({ kind: "flow", at: this.#now(), traffic: number, report: one });
    return startFlow({ traffic, port: FIRST_PORT + number }, this.#namespaces, report);
  }

  /** Starts to read the counters of the hosts whose interfaces plots show. */
  #countBytes(): void {
    for (const host of new Set(plottedInterfaces(this.#topology).map((one) => one.host))) {
      const on = (script: readonly string[]): readonly string[] => this.#namespaces.on(host, script);
      this.#byteCounters.push(
        countBytes(on, (interfaces) => this.#settings.observe({ kind: "bytes", at: this.#now(), host, interfaces })),
      );
    }
  }

  #preparePings(traffic: PingTraffic, number: number): PingProcesses {
    const { observe, pingTool } = this.#settings;
    const lines = new PingLines(traffic.every, (time) => time - this.epoch);
    return preparePing(traffic, pingTool, this.#namespaces, lines, (report) =>
      observe({ kind: "ping", at: report.at, traffic: number, report }),
    );
  }

  #flowChildren(): readonly ChildProcess[] {
    return this.#flows.flatMap(({ children }) => children);
  }

  /** Ends the streams and transfers. Settles when their last reports have been read. */
  async #endFlows(): Promise<void> {
    const ends = this.#flowChildren().map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const closed = once(child, "close");
      child.kill();
      await closed;
    });
    const late = sleep(INSPECTION_SECONDS * 1e3, undefined, { ref: false });
    await Promise.race([Promise.all(ends), late]);
  }

  #runCommand({ hosts, run }: Command): void {
    const { observe } = this.#settings;
    for (const host of hosts) {
      void this.#startCommand(host, run).ended.then(({ code }) =>
        observe({ kind: "ended", at: this.#now(), host, run, code }),
      );
    }
  }

  #startCommand(host: string, run: string): HostCommand {
    const { observe, mosaic } = this.#settings;
    const command = new HostCommand(this.#namespaces, host, run, mosaic, (text) =>
      observe({ kind: "command", at: this.#now(), host, run, text }),
    );
    this.#commands.push(command);
    return command;
  }

  #check(check: number): void {
    const { observe } = this.#settings;
    const definition = this.#topology.checks[check];
    if (definition === undefined) return;
    const { at, expectation } = definition;
    if (expectation.kind === "query") return this.#checkQuery(check, at, expectation);
    if (expectation.kind !== "succeeds") return observe({ kind: "check", at, check });
    // The check fails until the command has exited.
    observe({ kind: "check", at, check, ended: { code: undefined, lastLine: "the command is still running" } });
    const { ended } = this.#startCommand(expectation.on, expectation.run);
    this.#pending.push(ended.then((end) => observe({ kind: "check", at, check, ended: end })));
  }

  /** Asks all hosts of a check. The check fails until they have answered. */
  #checkQuery(check: number, at: number, { hosts, query }: QueryExpectation): void {
    const { observe } = this.#settings;
    observe({ kind: "check", at, check });
    const asked = hosts.map(async (host) =>
      queryAnswer(host, await this.#ask(host, { kind: "query", text: query, form: "text" })),
    );
    this.#pending.push(Promise.all(asked).then((answers) => observe({ kind: "check", at, check, answers })));
  }

  /**
   * Makes a request to the nodes of the action's hosts. Returns the hosts whose nodes refuse it or do not answer, and logs a warning for
   * each of them.
   */
  async #askHosts(action: NodeAction): Promise<ReadonlySet<string>> {
    const refusing = new Set<string>();
    const asked = action.hosts.map(async (host) => {
      const problem = problemIn(await this.#ask(host, requestOf(action)));
      if (problem === undefined) return;
      refusing.add(host);
      const text = `${action.kind} ${action.argument}: ${problem}`;
      this.#settings.observe({ kind: "log", at: this.#now(), host, text, isWarning: true });
    });
    await Promise.all(asked);
    return refusing;
  }

  async #ask(host: string, request: Request): Promise<readonly Reply[] | undefined> {
    if (!this.#isRunning(host)) return undefined;
    return this.#settings.ask?.(this.#namespaces.socketOf(host), request);
  }

  async #applyAction(action: TopologyAction): Promise<void> {
    const parts = isNodeAction(action)
      ? requestParts(action, await this.#askHosts(action))
      : await this.#changeTopology(action);
    // The time is read after the action, because packets sent during the action may have met the old or the new state.
    for (const part of parts) this.#settings.observe({ kind: "action", at: this.#now(), ...part });
  }

  /** Applies an action on hosts or links. Returns its parts with and without an effect. */
  async #changeTopology(action: Exclude<TopologyAction, NodeAction>): Promise<readonly ActionPart[]> {
    const parts = partsOf(action, {
      isRunning: (host) => this.#isRunning(host),
      isCut: (direction) => this.#namespaces.isCut(direction),
    });
    switch (action.kind) {
      case "start":
        for (const host of action.hosts) this.#restart(host);
        break;
      case "kill":
        await Promise.all(action.hosts.map((host) => this.#inspect(host, true)));
        await Promise.all(action.hosts.map(async (host) => this.#nodes.get(this.#host(host).machine)?.kill()));
        break;
      default:
        this.#namespaces.apply(action);
        if (action.kind === "move" || action.kind === "change") await this.#links?.apply(this.#namespaces.wiring);
    }
    return parts;
  }

  #isRunning(host: string): boolean {
    return this.#nodes.get(this.#host(host).machine)?.hasEnded === false;
  }

  /** Reports the last state of a node that is about to end. Nothing happens if the node has ended or does not answer. */
  async #inspect(host: string, isKilled: boolean): Promise<void> {
    const { inspect, observe } = this.#settings;
    const { machine } = this.#host(host);
    if (inspect === undefined || !this.#isRunning(host)) return;
    const at = this.#now();
    const late = sleep(INSPECTION_SECONDS * 1e3, undefined, { ref: false });
    const state = await Promise.race([inspect(this.#namespaces.socketOf(host)), late]);
    if (state === undefined) return;
    const start = this.#starts.get(machine) ?? 1;
    const startedAt = this.#startTimes.get(machine) ?? 0;
    observe({ kind: "inspected", at, host, inspection: { start, startedAt, isKilled, ...state } });
  }

  #restart(name: string): void {
    const { machine } = this.#host(name);
    const first = this.#topology.hosts.find((one) => one.machine === machine) as Host;
    if (!this.#isRunning(name)) this.#startNode(first);
  }
}

/** Returns the times of ticks: every half second, and the end. */
function ticks(duration: number): readonly number[] {
  const count = Math.ceil(duration / TICK_SECONDS);
  return Array.from({ length: count }, (_, at) => Math.min((at + 1) * TICK_SECONDS, duration));
}
