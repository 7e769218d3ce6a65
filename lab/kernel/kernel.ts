/**
 * Runner of a topology in the kernel. `mosaic lab` calls `runInKernel`, which creates network namespaces, starts a node in each,
 * and runs events, traffic, commands and checks in real time. Results leave as observations.
 */
import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { FaultyLinks } from "./faulty-links.ts";
import { HostCommand } from "./host-command.ts";
import { HostNode } from "./host-node.ts";
import { LabFailure, Namespaces } from "./namespaces.ts";
import { chooseLinkEmulation, type LinkEmulation } from "./link-emulation.ts";
import { nodeCommand } from "./node-command.ts";
import type { Observe } from "../outcome/observation.ts";
import { PingLines } from "./ping-line.ts";
import { type PingTool, startPing } from "./ping-process.ts";
import type { Plans } from "../topology/programs.ts";
import type { TopologyAction, Command, Host, Topology, Traffic } from "../topology/topology.ts";

export interface KernelSettings {
  /** The path of the `mosaic` command. */
  readonly mosaic: string;
  readonly plans: Plans;
  /** The folder for captures of what each host sends and receives; undefined for no captures. */
  readonly captures?: string | undefined;
  /** Called with the folder of the lab's control sockets, HOST.sock, before the first node starts. */
  readonly onStart?: (folder: string) => void;
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
    }
  | { readonly ok: false; readonly message: string };

/** A timer of Node.js with a delay of more than 24 days fires at once. */
const LONGEST_SLEEP_SECONDS = 86_400;

const TICK_SECONDS = 0.5;
/** Time limit after the end of the run for commands of checks. */
const TIMEOUT_SECONDS = 30;

/** Runs a topology in network namespaces. In all cases they are removed when the promise settles. */
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
    return { ok: true, startSeconds, endSeconds: (performance.now() - endedAt) / 1e3 };
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
  readonly #processes: ChildProcess[] = [];
  /** Undefined if no link needs the link process. */
  #links: FaultyLinks | undefined;
  readonly #commands: HostCommand[] = [];
  /** Checks whose command is still running. */
  readonly #pending: Promise<void>[] = [];
  /** Time in `performance.now()` at which all nodes ran. Until then the topology's time is 0. */
  #startedAt = Infinity;

  constructor(topology: Topology, settings: KernelSettings) {
    this.#topology = topology;
    this.#settings = settings;
    this.#emulation = chooseLinkEmulation(topology);
    this.#namespaces = new Namespaces(topology, this.#emulation);
  }

  /** Starts the link process and all nodes. Settles when all nodes run. */
  async start(): Promise<void> {
    this.#settings.signal.throwIfAborted();
    this.#settings.onStart?.(this.#namespaces.folder);
    if (this.#emulation.hasProcess) this.#links = await FaultyLinks.start(this.#topology, this.#namespaces);
    const nodes = this.#topology.hosts.map((host) => this.#startNode(host));
    for (const [at, node] of nodes.entries()) {
      const failure = await node.ready;
      this.#settings.signal.throwIfAborted();
      if (failure !== undefined) throw new LabFailure(`${this.#topology.hosts[at]?.name}: ${failure}`);
    }
    this.#startedAt = performance.now();
  }

  /** Runs all tasks of the topology at their times, to its end. */
  async run(): Promise<void> {
    const { traffic, events, commands, checks, duration } = this.#topology;
    // Tasks of one time run in this order: topology events first, so that traffic and checks see their effect.
    const tasks: readonly ScheduledTask[] = [
      ...events.map(({ at, action }) => ({ at, run: () => this.#applyAction(action) })),
      ...traffic.map((one, number) => ({ at: one.at, run: () => this.#startTraffic(one, number) })),
      ...commands.map((command) => ({ at: command.at, run: () => this.#runCommand(command) })),
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
    for (const drops of this.#namespaces.queueDrops()) {
      this.#settings.observe({ kind: "queueFull", at: this.#now(), ...drops });
    }
  }

  async #sleepUntil(at: number): Promise<void> {
    do {
      const seconds = Math.min(Math.max(0, at - this.#now()), LONGEST_SLEEP_SECONDS);
      await sleep(seconds * 1e3, undefined, { signal: this.#settings.signal });
    } while (this.#now() < at);
  }

  /** Stops all processes and removes the namespaces. Idempotent. */
  async close(): Promise<void> {
    for (const child of this.#processes) child.kill();
    for (const command of this.#commands) command.kill();
    this.#links?.stop();
    await Promise.all([...this.#nodes.values()].map((node) => node.stop()));
    this.#namespaces.close();
  }

  #now(): number {
    return Math.max(0, performance.now() - this.#startedAt) / 1e3;
  }

  #startNode(host: Host): HostNode {
    const { observe, plans, mosaic, captures } = this.#settings;
    const name = host.name;
    const start = (this.#starts.get(name) ?? 0) + 1;
    this.#starts.set(name, start);
    const setup = { topology: this.#topology, plans, namespaces: this.#namespaces, mosaic, captures };
    const command = this.#namespaces.on(name, nodeCommand(host, setup, start));
    const node = new HostNode(command, {
      onWatch: (line) => observe({ kind: "watch", at: this.#now(), host: name, line }),
      onLine: (text) => observe({ kind: "log", at: this.#now(), host: name, text }),
      onExit: (how) => observe({ kind: "exited", at: this.#now(), host: name, how }),
    });
    this.#nodes.set(name, node);
    return node;
  }

  #startTraffic(traffic: Traffic, number: number): void {
    const { observe, pingTool } = this.#settings;
    const startedAt = (performance.timeOrigin + this.#startedAt) / 1e3;
    const lines = new PingLines(traffic.every, (time) => time - startedAt);
    const processes = startPing(traffic, this.#topology.hosts, pingTool, this.#namespaces, lines, (report) =>
      observe({ kind: "ping", at: report.at, traffic: number, report }),
    );
    for (const one of processes) this.#processes.push(one);
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
    if (expectation.kind !== "succeeds") return observe({ kind: "check", at, check });
    // The check fails until the command has exited.
    observe({ kind: "check", at, check, ended: { code: undefined, lastLine: "the command is still running" } });
    const { ended } = this.#startCommand(expectation.on, expectation.run);
    this.#pending.push(ended.then((end) => observe({ kind: "check", at, check, ended: end })));
  }

  async #applyAction(action: TopologyAction): Promise<void> {
    switch (action.kind) {
      case "start":
        for (const host of action.hosts) this.#restart(host);
        break;
      case "kill":
        await Promise.all(action.hosts.map(async (host) => this.#nodes.get(host)?.kill()));
        break;
      default:
        this.#namespaces.apply(action);
        if (action.kind === "move" || action.kind === "change") await this.#links?.apply(this.#namespaces.wiring);
    }
    // The time is read after the action: packets sent during it may have met the old or the new state.
    this.#settings.observe({ kind: "action", at: this.#now(), action });
  }

  #restart(name: string): void {
    const host = this.#topology.hosts.find((one) => one.name === name);
    if (host !== undefined && this.#nodes.get(name)?.hasEnded !== false) this.#startNode(host);
  }
}

/** Returns the times of ticks: every half second, and the end. */
function ticks(duration: number): readonly number[] {
  const count = Math.ceil(duration / TICK_SECONDS);
  return Array.from({ length: count }, (_, at) => Math.min((at + 1) * TICK_SECONDS, duration));
}
