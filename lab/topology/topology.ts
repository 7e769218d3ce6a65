import type { LinkFaults } from "../../runtime/sim/sim-link.ts";
import type { AddressRange } from "./address-range.ts";
import type { AllowedLoss, RouteColumns } from "./topology-document.ts";

/** Hosts, what runs on them, what joins them, and what happens to them: one description for the simulator and the lab. */
export interface Topology {
  readonly title: string;
  readonly seed: number;
  /** Times in seconds from the moment when all nodes run. */
  readonly duration: number;
  readonly networks: readonly Network[];
  readonly hosts: readonly Host[];
  /** The later ones override the earlier ones. */
  readonly links: readonly LinkRule[];
  readonly traffic: readonly Traffic[];
  /** By time. */
  readonly events: readonly TopologyEvent[];
  readonly commands: readonly Command[];
  readonly checks: readonly Check[];
  readonly routes: RouteColumns | undefined;
  /** Predicates to report on. */
  readonly watch: readonly string[];
}

/** A switch. Its hosts reach the others directly, or through a gateway with the address `nat`. */
export interface Network {
  readonly name: string;
  readonly range: AddressRange;
  readonly nat: string | undefined;
  /** The hosts whose ports are those of the gateway too. */
  readonly forward: readonly string[];
}

/** Where a host is in the network that joins the hosts. */
export interface Attachment {
  /** Undefined for a host that is in none of the named networks. */
  readonly network: string | undefined;
  /** `host:port` of the host itself. */
  readonly address: string;
  /** What others see: the gateway's address, where there is one. */
  readonly visible: string;
}

export interface Host extends Attachment {
  readonly name: string;
  /** It moves to another network some time. */
  readonly moves: boolean;
  /** The address of its TUN device; undefined for a host without one. */
  readonly virtual: string | undefined;
  readonly programs: readonly string[];
  readonly defines: ReadonlyMap<string, string>;
  readonly facts: readonly string[];
  /** The hosts it is told about. */
  readonly peers: readonly string[];
}

/** Faults for the ways from any of `from` to any of `to`: names of hosts, and of networks for the hosts in them. */
export interface LinkRule {
  readonly from: ReadonlySet<string>;
  readonly to: ReadonlySet<string>;
  readonly faults: LinkFaults;
}

/** An echo request every so often. */
export interface Traffic {
  readonly from: string;
  readonly to: string;
  readonly every: number;
  readonly at: number;
}

/** One direction between two hosts. */
export interface Direction {
  readonly from: string;
  readonly to: string;
}

export interface LinkAction {
  readonly kind: "cut" | "heal";
  readonly directions: readonly Direction[];
}

export interface HostAction {
  readonly kind: "kill" | "start";
  readonly hosts: readonly string[];
}

export interface MoveAction {
  readonly kind: "move";
  readonly network: string;
  readonly moves: readonly { readonly host: string; readonly to: Attachment }[];
}

export interface ChangeAction {
  readonly kind: "change";
  /** What holds from now on, above what held before. */
  readonly rules: readonly LinkRule[];
  /** What is changed, for people. */
  readonly text: string;
}

export type TopologyAction = LinkAction | HostAction | MoveAction | ChangeAction;

/** A shell command on hosts. */
export interface Command {
  readonly at: number;
  readonly hosts: readonly string[];
  readonly run: string;
}

/** What is to hold at a time. */
export interface Check {
  readonly at: number;
  /** The traffics it is about, by their numbers; all that have to do with it. */
  readonly traffic: readonly number[];
  readonly expectation: Expectation;
}

export type Expectation =
  /** No event has kept traffic from flowing for longer, in seconds. */
  | { readonly kind: "outage"; readonly most: number }
  | { readonly kind: "lost"; readonly most: AllowedLoss }
  | { readonly kind: "path"; readonly path: readonly string[] }
  | { readonly kind: "reaches"; readonly from: string; readonly to: string; readonly isReached: boolean }
  /** The command ends on the host with exit code 0. */
  | { readonly kind: "succeeds"; readonly on: string; readonly run: string };

export interface TopologyEvent {
  readonly at: number;
  readonly action: TopologyAction;
}

/** The predicates that nodes report on: what the topology says, and its table of routes. */
export function watchedPredicates({ watch, routes }: Topology): readonly string[] {
  return [...new Set([...watch, ...(routes === undefined ? [] : [routes.table])])];
}

/** How a host names another: by its own address in the same network, otherwise by what others see. */
export function addressFor(host: Attachment, peer: Attachment): string {
  return host.network !== undefined && host.network === peer.network ? peer.address : peer.visible;
}

/** An end of a way: a host and the network it is in. */
type LinkEnd = Pick<Host, "name" | "network">;

/** The faults of the way between two hosts. */
export function faultsBetween(links: readonly LinkRule[], from: LinkEnd, to: LinkEnd): LinkFaults {
  const matching = links.filter((rule) => isNamed(rule.from, from) && isNamed(rule.to, to));
  return Object.assign({}, ...matching.map((rule) => rule.faults)) as LinkFaults;
}

function isNamed(names: ReadonlySet<string>, { name, network }: LinkEnd): boolean {
  return names.has(name) || (network !== undefined && names.has(network));
}
