import { type CheckResult, evaluateCheck } from "./evaluate-check.ts";
import { FlowRecord } from "./flow-record.ts";
import type { Inspection } from "./inspection.ts";
import { type InterfaceBytes, InterfaceRecord } from "./interface-record.ts";
import type { Observation } from "./observation.ts";
import { PathRecord } from "./path-record.ts";
import { type Outage, PingRecord } from "./ping-record.ts";
import { type Route, Routes } from "./routes.ts";
import type { Topology, Direction } from "../topology/topology.ts";
import type { ActionPart } from "../topology/action-part.ts";

/** Routes of the first traffic's sender at the time of an event, or at the end. */
export interface RouteSnapshot {
  readonly at: number;
  readonly routes: readonly Route[];
}

/** One life of a host, with the last state of its node. */
export interface HostLife extends Inspection {
  readonly host: string;
  readonly endedAt: number;
}

/** Record of a run: pings, routes, events and checks. The runner adds observations; timeline and report read the record. */
export class RunRecord {
  /** By index of the traffic. Empty for streams and transfers. */
  readonly pings: readonly PingRecord[];
  /** By index of the traffic. Undefined for pings. */
  readonly flows: readonly (FlowRecord | undefined)[];
  /** Undefined if the topology names no route table. */
  readonly routes: Routes | undefined;
  readonly actions: (ActionPart & { readonly at: number })[] = [];
  readonly snapshots: RouteSnapshot[] = [];
  /** Results of the checks that have been due, by index of the check. */
  readonly checks: CheckResult[] = [];
  /** Links whose queue was full. */
  readonly fullQueues: (Direction & { readonly dropped: number })[] = [];
  /** Lives of all hosts, in the order in which they ended. */
  readonly lives: HostLife[] = [];
  /** By index of the plot. Undefined for plots that show no path. */
  readonly paths: readonly (PathRecord | undefined)[];
  readonly #topology: Topology;
  readonly #interfaces = new Map<string, InterfaceRecord>();
  /** Host whose routes the snapshots show. */
  readonly #routesHost: string | undefined;

  constructor(topology: Topology) {
    const { traffic, hosts, routes, plots } = topology;
    this.#topology = topology;
    this.pings = traffic.map(() => new PingRecord());
    this.flows = traffic.map((one) => (one.kind === "ping" ? undefined : new FlowRecord(one)));
    this.routes = routes && new Routes(hosts, routes);
    this.paths = plots.map(({ content }) =>
      content.kind === "path" ? new PathRecord(content.from, content.to) : undefined,
    );
    this.#routesHost = traffic[0]?.from;
  }

  add(observation: Observation): void {
    switch (observation.kind) {
      case "ping":
        this.pings[observation.traffic]?.add(observation.report);
        break;
      case "flow":
        this.flows[observation.traffic]?.add(observation.report);
        break;
      case "watch":
        if (this.routes?.apply(observation.host, observation.line, observation.at) === true)
          this.#addPaths(observation.at);
        break;
      case "action":
        this.#addAction(observation.at, observation);
        this.#addPaths(observation.at);
        break;
      case "bytes":
        this.#addBytes(observation.at, observation.host, observation.interfaces);
        break;
      case "queueFull":
        this.fullQueues.push(observation);
        break;
      case "check":
        this.#check(observation);
        break;
      case "inspected":
        this.lives.push({ host: observation.host, endedAt: observation.at, ...observation.inspection });
        break;
      case "exited":
        this.routes?.clear(observation.host, observation.at);
        this.#addPaths(observation.at);
        break;
      default:
    }
  }

  /** Returns the record of a host's device, or of all its interfaces to other hosts. Undefined if nothing was reported. */
  interfaceOf(host: string, device: string | undefined): InterfaceRecord | undefined {
    return this.#interfaces.get(interfaceKey(host, device ?? ""));
  }

  #addBytes(at: number, host: string, interfaces: InterfaceBytes): void {
    for (const [device, counters] of interfaces) {
      const key = interfaceKey(host, device);
      const known = this.#interfaces.get(key) ?? new InterfaceRecord();
      this.#interfaces.set(key, known);
      known.add(at, counters);
    }
  }

  #addPaths(at: number): void {
    if (this.routes !== undefined) for (const path of this.paths) path?.add(at, this.routes);
  }

  /** Adds a snapshot of the present routes. */
  takeSnapshot(at: number): void {
    if (this.routes !== undefined && this.#routesHost !== undefined) {
      this.snapshots.push({ at, routes: this.routes.of(this.#routesHost) });
    }
  }

  /** Returns the outage of a traffic after each event. Events without effect have none. */
  outages(traffic: number): readonly Outage[] {
    return this.actions.map(
      ({ at, hasEffect }) => (hasEffect ? this.pings[traffic]?.outageFrom(at) : undefined) ?? { seconds: 0, lost: 0 },
    );
  }

  /** Returns the seconds of the longest outage of a traffic, from the first event with an effect on. 0 without such an event. */
  longestOutage(traffic: number): number {
    const first = this.actions.find(({ hasEffect }) => hasEffect);
    if (first === undefined) return 0;
    const longest = this.pings[traffic]?.longestOutageFrom(first.at) ?? 0;
    return this.outages(traffic).reduce((most, { seconds }) => Math.max(most, seconds), longest);
  }

  #check({ check, ended, answers }: Observation & { readonly kind: "check" }): void {
    const definition = this.#topology.checks[check];
    if (definition === undefined) return;
    const result = evaluateCheck(definition, this.#topology, this, answers);
    if (ended === undefined) this.checks[check] = result;
    else {
      const observed = `exit code ${ended.code ?? "unknown"}${ended.lastLine === "" ? "" : `, ${ended.lastLine}`}`;
      this.checks[check] = { ...result, holds: ended.code === 0, observed };
    }
  }

  #addAction(at: number, { action, hasEffect }: ActionPart): void {
    this.actions.push({ at, action, hasEffect });
    if (!hasEffect) return;
    this.takeSnapshot(at);
    if (action.kind === "move") for (const { host, to } of action.moves) this.routes?.addAddresses(host, to);
    if (action.kind === "kill") for (const host of action.hosts) this.routes?.clear(host, at);
  }
}

function interfaceKey(host: string, device: string): string {
  return `${host}/${device}`;
}
