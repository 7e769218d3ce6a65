import type { ActionPart } from "../topology/action-part.ts";
import { formatDuration } from "../topology/duration.ts";
import type { Observation } from "./observation.ts";
import { formatPath } from "./routes.ts";
import type { RunRecord } from "./run-record.ts";
import {
  isNodeAction,
  type LinkAction,
  type NodeAction,
  type Topology,
  type TopologyAction,
  type Traffic,
} from "../topology/topology.ts";

/** Number of hosts that the description of a request lists. */
const HOSTS_MAX = 5;

/** Line of the timeline: an event of the topology, or its effect on traffic. */
export interface TimelineEvent {
  readonly at: number;
  readonly kind: "action" | "exited" | "detected" | "flows" | "rerouted" | "direct";
  readonly text: string;
}

/** Returns the timeline events about hosts, which do not depend on traffic: events of the topology, and exits of nodes. */
export function hostEvents(observation: Observation): readonly TimelineEvent[] {
  const { at } = observation;
  if (observation.kind === "action") return [{ at, kind: "action", text: describeAction(observation) }];
  if (observation.kind !== "exited") return [];
  return [{ at, kind: "exited", text: `${observation.host} exited unexpectedly: ${observation.how}` }];
}

/**
 * Finder of the timeline events of one traffic: the routes show that an outage was detected, the route changes, requests are answered
 * again, or the traffic is back on the direct path.
 */
export class TimelineEventFinder {
  readonly #traffic: Traffic;
  readonly #number: number;
  /** Latest failure; undefined once a later request has been answered. */
  #broken: { readonly at: number; isDetected: boolean } | undefined;
  #lastAction: number | undefined;
  #path: string | undefined;
  #wasAnswered = false;
  #missing = 0;

  constructor({ traffic }: Topology, number: number) {
    this.#traffic = traffic[number] as Traffic;
    this.#number = number;
  }

  /** Returns the events of an observation. The record must include the observation. */
  find(observation: Observation, record: RunRecord): readonly TimelineEvent[] {
    switch (observation.kind) {
      case "action":
        return observation.hasEffect ? this.#onAction(observation.at, observation.action) : [];
      case "watch":
        return this.#onRoutes(observation.at, record);
      case "ping":
        return observation.traffic === this.#number ? this.#onPing(observation) : [];
      default:
        return [];
    }
  }

  #onAction(at: number, action: TopologyAction): readonly TimelineEvent[] {
    this.#lastAction = at;
    if (action.kind !== "heal" && action.kind !== "start" && !isNodeAction(action)) {
      this.#broken = { at, isDetected: false };
      this.#missing = 0;
    }
    return [];
  }

  #onRoutes(at: number, record: RunRecord): readonly TimelineEvent[] {
    const path = record.routes?.path(this.#traffic.from, this.#traffic.to);
    if (path === undefined || formatPath(path) === this.#path) return [];
    const isFirst = this.#path === undefined;
    this.#path = formatPath(path);
    return isFirst ? [] : [this.#pathChange(at, path)];
  }

  #pathChange(at: number, path: readonly string[]): TimelineEvent {
    const broken = this.#broken;
    if (broken !== undefined && !broken.isDetected) {
      broken.isDetected = true;
      const after = formatDuration(at - broken.at);
      return { at, kind: "detected", text: `outage detected after ${after}: ${formatPath(path)}` };
    }
    if (path.length > 2) return { at, kind: "rerouted", text: `now ${formatPath(path)}` };
    const after = this.#lastAction === undefined ? "" : ` after ${formatDuration(at - this.#lastAction)}`;
    return { at, kind: "direct", text: `back on the direct path${after}` };
  }

  #onPing({ at, report }: Observation & { readonly kind: "ping" }): readonly TimelineEvent[] {
    const broken = this.#broken;
    if (report.kind === "missing") {
      if (broken !== undefined && report.sentAt >= broken.at) this.#missing++;
      return [];
    }
    const isFirst = !this.#wasAnswered;
    this.#wasAnswered = true;
    if (broken === undefined || report.sentAt < broken.at || isFirst) return [];
    this.#broken = undefined;
    return this.#missing === 0 ? [] : [this.#flows(at, broken.at)];
  }

  #flows(at: number, brokenAt: number): TimelineEvent {
    const pings = this.#missing === 1 ? "1 ping" : `${this.#missing} pings`;
    return { at, kind: "flows", text: `traffic flows again after ${formatDuration(at - brokenAt)}; ${pings} lost` };
  }
}

/** Formats an action for people: `link a–b cut`, `c killed`; without effect: `link a–b is already cut`, `c is not running`. */
export function describeAction({ action, hasEffect }: ActionPart): string {
  if (action.kind === "change") return action.text;
  if (action.kind === "move") return `${action.moves.map(({ host }) => host).join(", ")} moved to ${action.network}`;
  if (isNodeAction(action)) return describeNodeAction(action, hasEffect);
  if ("directions" in action) return describeLinkAction(action, hasEffect);
  const machines = machinesOf(action.hosts);
  const isOne = machines.length === 1;
  const done = { kill: "killed", start: "started" };
  const idle = { kill: isOne ? "is not running" : "are not running", start: isOne ? "already runs" : "already run" };
  return `${machines.join(", ")} ${(hasEffect ? done : idle)[action.kind]}`;
}

function describeLinkAction(action: LinkAction, hasEffect: boolean): string {
  const links = new Set(action.directions.map(({ from, to }) => linkName(action, from, to)));
  const names = links.size > 3 ? `${links.size} links` : `link ${[...links].join(", ")}`;
  const verb = links.size > 1 ? "are" : "is";
  const done = { cut: "cut", heal: "healed" };
  const idle = { cut: `${verb} already cut`, heal: `${verb} not cut` };
  return `${names} ${(hasEffect ? done : idle)[action.kind]}`;
}

/** Returns the hosts of nodes: `server` for `server.1`. */
function machinesOf(nodes: readonly string[]): readonly string[] {
  return [...new Set(nodes.map((name) => name.split(".", 1)[0] ?? name))];
}

function describeNodeAction(action: NodeAction, hasEffect: boolean): string {
  const { kind, argument, hosts } = action;
  const where = hosts.length > HOSTS_MAX ? `${hosts.length} hosts` : hosts.join(", ");
  const done = {
    insert: "inserted",
    delete: "deleted",
    load: "loaded",
    unload: "unloaded",
    reload: "reloaded",
    rebind: "rebound",
  };
  const address = action.kind === "rebind" ? ` to ${action.address}` : "";
  return `${argument === "" ? "programs" : argument} ${hasEffect ? "" : "not "}${done[kind]}${address} on ${where}`;
}

/** Returns the name of a link. Both directions share a name if the action covers both. */
function linkName({ directions }: LinkAction, from: string, to: string): string {
  const isBidirectional = directions.some((one) => one.from === to && one.to === from);
  if (!isBidirectional) return `${from}→${to}`;
  return from < to ? `${from}–${to}` : `${to}–${from}`;
}
