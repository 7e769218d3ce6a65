import { type CheckResult, evaluateCheck } from "./evaluate-check.ts";
import type { Observation } from "./observation.ts";
import { type Outage, PingRecord } from "./ping-record.ts";
import { type Route, Routes } from "./routes.ts";
import type { Action, Topology, Direction } from "../topology/topology.ts";

/** The routes of the first traffic's sender as they were when an event came, or at the end. */
export interface RouteSnapshot {
  readonly at: number;
  readonly routes: readonly Route[];
}

/** What a run has shown so far: pings, routes, and what was done when. */
export class RunRecord {
  readonly pings: readonly PingRecord[];
  /** Undefined when the topology names no table of routes. */
  readonly routes: Routes | undefined;
  readonly actions: { readonly at: number; readonly action: Action }[] = [];
  readonly snapshots: RouteSnapshot[] = [];
  /** By the number of the check; those whose time has come. */
  readonly checks: CheckResult[] = [];
  /** Ways between hosts whose queues were full. */
  readonly fullQueues: (Direction & { readonly dropped: number })[] = [];
  readonly #topology: Topology;
  readonly #observed: string | undefined;

  constructor(topology: Topology) {
    const { traffic, hosts, routes } = topology;
    this.#topology = topology;
    this.pings = traffic.map(() => new PingRecord());
    this.routes = routes && new Routes(hosts, routes);
    this.#observed = traffic[0]?.from;
  }

  add(observation: Observation): void {
    switch (observation.kind) {
      case "ping":
        this.pings[observation.traffic]?.add(observation.report);
        break;
      case "watch":
        this.routes?.apply(observation.host, observation.line);
        break;
      case "action":
        this.#acted(observation.at, observation.action);
        break;
      case "full":
        this.fullQueues.push(observation);
        break;
      case "check":
        this.#check(observation);
        break;
      case "gone":
        this.routes?.forget(observation.host);
        break;
      default:
    }
  }

  /** Keeps the routes as they are now, beside those that were kept at each event. */
  takeSnapshot(at: number): void {
    if (this.routes !== undefined && this.#observed !== undefined) {
      this.snapshots.push({ at, routes: this.routes.of(this.#observed) });
    }
  }

  /** What each event did to a traffic. */
  outages(traffic: number): readonly Outage[] {
    return this.actions.map(({ at }) => this.pings[traffic]?.outageFrom(at) ?? { seconds: 0, lost: 0 });
  }

  #check({ check, ended }: Observation & { readonly kind: "check" }): void {
    const asked = this.#topology.checks[check];
    if (asked === undefined) return;
    const result = evaluateCheck(asked, this.#topology, this);
    if (ended === undefined) this.checks[check] = result;
    else {
      const found = `exit code ${ended.code ?? "unknown"}${ended.lastLine === "" ? "" : `, ${ended.lastLine}`}`;
      this.checks[check] = { ...result, holds: ended.code === 0, observed: found };
    }
  }

  #acted(at: number, action: Action): void {
    this.takeSnapshot(at);
    this.actions.push({ at, action });
    if (action.kind === "move") for (const { host, to } of action.moves) this.routes?.learn(host, to);
    if (action.kind === "kill") for (const host of action.hosts) this.routes?.forget(host);
  }
}
