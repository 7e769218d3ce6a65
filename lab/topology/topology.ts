/**
 * Model of a topology. `readTopology` creates it from a file; the simulator, the kernel lab and the reports of a run read it.
 * The types of the file itself are in topology-document.ts.
 */
import type { LinkFaults } from "../../runtime/sim/sim-link.ts";
import type { AddressRange } from "./address-range.ts";
import type { HostDevice } from "./host-devices.ts";
import { formatBytes } from "./byte-count.ts";
import { formatDuration } from "./duration.ts";
import { formatRate } from "./rate.ts";
import type { AllowedLoss, RouteColumns } from "./topology-document.ts";

/** Network under test: hosts, their programs, links, traffic and events. The simulator and the kernel lab run the same topology. */
export interface Topology {
  readonly title: string;
  readonly seed: number;
  /** Seconds from the start of the run. All times of a topology count from the moment at which all nodes run. */
  readonly duration: number;
  readonly networks: readonly Network[];
  readonly hosts: readonly Host[];
  /** Later rules override earlier rules. */
  readonly links: readonly LinkRule[];
  readonly traffic: readonly Traffic[];
  /** Sorted by time. */
  readonly events: readonly TopologyEvent[];
  readonly commands: readonly Command[];
  readonly checks: readonly Check[];
  readonly plots: readonly Plot[];
  readonly routes: RouteColumns | undefined;
  /** Predicates whose tuples the nodes report. */
  readonly watch: readonly string[];
}

/**
 * Network: a switch. Its hosts reach other networks directly, through a NAT gateway with the address `nat`, or through the host
 * `gateway`.
 */
export interface Network {
  readonly name: string;
  readonly range: AddressRange;
  readonly nat: string | undefined;
  /** Name of a host that forwards packets between this network and its other networks. */
  readonly gateway: string | undefined;
  /**
   * Whether the gateway translates addresses. If not, it only routes: hosts of the network have the same address everywhere, and others
   * reach them by it.
   */
  readonly translates: boolean;
  /** Hosts in the network whose ports the gateway forwards. */
  readonly forward: readonly string[];
}

/** Address of a host in one network. */
export interface Interface {
  /** Undefined for a host outside all named networks. */
  readonly network: string | undefined;
  /** `ip:port` at which the host's node listens. */
  readonly address: string;
}

/** Attachment of a host to the underlay: its network and its addresses. */
export interface Attachment extends Interface {
  /** `ip:port` that hosts of other networks use. Differs from `address` behind a NAT gateway. */
  readonly visible: string;
  /** Further interfaces, if the host is in several networks. All have the port of `address`. */
  readonly others: readonly Interface[];
}

/** Returns the interfaces of a host. The interface with the address that its node announces is first. */
export function interfacesOf({ network, address, others }: Attachment): readonly Interface[] {
  return [{ network, address }, ...others];
}

/**
 * Returns the addresses (`ip:port`) that a host's node announces wherever it moves: for a host in several networks all its addresses, for a
 * host behind a gateway the visible address at the gateway. Empty for any other host: its node announces the present address of the host.
 */
export function announcedBy({ address, visible, others }: Attachment): readonly string[] {
  if (others.length > 0) return [...new Set([address, ...others.map((one) => one.address), visible])];
  return visible === address ? [] : [visible];
}

/** Node under test. It has a host of its own, unless the file gives a host several nodes. */
export interface Host extends Attachment {
  readonly name: string;
  /** Name of the host. Its nodes share a process and an IP address. */
  readonly machine: string;
  /** Whether an event moves the host to another network. */
  readonly moves: boolean;
  readonly devices: readonly HostDevice[];
  readonly programs: readonly string[];
  readonly defines: ReadonlyMap<string, string>;
  readonly facts: readonly string[];
  /** Paths of the files with the secrets of the node, by name. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Hosts that the node gets as peers. */
  readonly peers: readonly string[];
}

/**
 * Faults of the directions from any host in `from` to any host in `to`. The name of a network in a set stands for all hosts in the network.
 */
export interface LinkRule {
  readonly from: ReadonlySet<string>;
  readonly to: ReadonlySet<string>;
  readonly faults: LinkFaults;
}

export type Traffic = PingTraffic | StreamTraffic | TransferTraffic;

interface TrafficEnds {
  /**
   * Name in reports: by default `a to b`, with the kind unless it is a ping, and with a number if several traffics would have the same
   * name.
   */
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** Ends as the file names them: hosts, or addresses of their devices. */
  readonly named: { readonly from: string; readonly to: string };
  /** Address of a device of `from`. If undefined, the kernel chooses it. */
  readonly source: string | undefined;
  /** Address of a device of `to`. */
  readonly destination: string;
  readonly at: number;
}

/** Echo requests from one host to another, every `every` seconds from `at` on. */
export interface PingTraffic extends TrafficEnds {
  readonly kind: "ping";
  readonly every: number;
}

/** UDP stream of datagrams of `size` bytes of payload. `rate` is in bits of payload per second. */
export interface StreamTraffic extends TrafficEnds {
  readonly kind: "udp";
  readonly rate: number;
  readonly size: number;
  readonly seconds: number;
}

/** TCP transfer of a number of bytes, or of as many bytes as fit into a number of seconds. */
export interface TransferTraffic extends TrafficEnds {
  readonly kind: "tcp";
  readonly size: { readonly bytes: number } | { readonly seconds: number };
  /** Bits per second that the application writes. Undefined if it is unlimited. */
  readonly rate: number | undefined;
}

/** Formats a traffic for people: `a pings b every 100 ms`. */
export function describeTraffic(traffic: Traffic): string {
  const { from, to } = traffic.named;
  switch (traffic.kind) {
    case "ping":
      return `${from} pings ${to} every ${formatDuration(traffic.every)}`;
    case "udp":
      return `${from} sends ${to} a UDP stream of ${formatRate(traffic.rate)} for ${formatDuration(traffic.seconds)}`;
    case "tcp": {
      const { size } = traffic;
      const amount = "bytes" in size ? `of ${formatBytes(size.bytes)}` : `for ${formatDuration(size.seconds)}`;
      const rate = traffic.rate === undefined ? "" : `, at ${formatRate(traffic.rate)}`;
      return `${from} sends ${to} a TCP transfer ${amount}${rate}`;
    }
  }
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
  /** Rules that override all rules before. */
  readonly rules: readonly LinkRule[];
  /** Description of the change for people. */
  readonly text: string;
}

/** Request to the nodes of some hosts, as `mosaic ctl` makes it. */
export type NodeAction = ProgramAction | RebindAction;

interface ProgramAction {
  readonly kind: "insert" | "delete" | "load" | "unload" | "reload";
  readonly hosts: readonly string[];
  /** Fact for `insert` and `delete`, path of a program file for `load`, name of a program file for `unload`. Empty for `reload`. */
  readonly argument: string;
}

interface RebindAction {
  readonly kind: "rebind";
  readonly hosts: readonly string[];
  /** Name of the overlay. */
  readonly argument: string;
  /** New own address of the overlay, as `mosaic ctl NODE rebind` takes it. */
  readonly address: string;
  /** Seconds for which the overlay also answers to its old address; undefined for the default. */
  readonly grace: number | undefined;
}

export type TopologyAction = LinkAction | HostAction | MoveAction | ChangeAction | NodeAction;

/** Whether an action is a request to nodes. */
export function isNodeAction(action: TopologyAction): action is NodeAction {
  return "argument" in action;
}

/** Shell command that runs on each of the hosts. */
export interface Command {
  readonly at: number;
  readonly hosts: readonly string[];
  readonly run: string;
}

/** Expectation that must hold at a time. */
export interface Check {
  readonly at: number;
  /** Indexes in `Topology.traffic` of the traffic that the check covers. */
  readonly traffic: readonly number[];
  readonly expectation: Expectation;
}

export type Expectation =
  /** The outages after events last at most `most` seconds. */
  | { readonly kind: "outage"; readonly most: number }
  | { readonly kind: "lost"; readonly most: AllowedLoss }
  /** The mean throughput of each stream and transfer is at least `least` bits per second. */
  | { readonly kind: "throughput"; readonly least: number }
  /** Each transfer of a number of bytes takes at most `most` seconds. */
  | { readonly kind: "completes"; readonly most: number }
  | { readonly kind: "path"; readonly path: readonly string[] }
  | { readonly kind: "reaches"; readonly from: string; readonly to: string; readonly isReached: boolean }
  /** The command exits with code 0 on the host. */
  | { readonly kind: "succeeds"; readonly on: string; readonly run: string }
  | QueryExpectation;

/** The query has a number of rows from `least` to `most` on each host, and the same rows on all if `isSame`. */
export interface QueryExpectation {
  readonly kind: "query";
  readonly query: string;
  readonly hosts: readonly string[];
  readonly least: number;
  readonly most: number;
  readonly isSame: boolean;
}

/** Figure over the time of the run. */
export interface Plot {
  /** Name of its files. */
  readonly name: string;
  readonly title: string;
  readonly content: PlotContent;
}

export type PlotContent =
  | { readonly kind: "throughput"; readonly sources: readonly ThroughputSource[] }
  /** Traffic by index in `Topology.traffic`. */
  | { readonly kind: "rtt"; readonly traffic: readonly number[] }
  | { readonly kind: "path"; readonly from: string; readonly to: string };

/** Traffic by index in `Topology.traffic`, or the device of a host; undefined for all its interfaces to other hosts. */
export type ThroughputSource = number | PlottedInterface;

export interface PlottedInterface {
  readonly host: string;
  readonly device: string | undefined;
}

export interface TopologyEvent {
  readonly at: number;
  readonly action: TopologyAction;
  /** Index of the event in the file. */
  readonly number: number;
}

/** Returns the interfaces whose bytes the plots show. */
export function plottedInterfaces({ plots }: Topology): readonly PlottedInterface[] {
  return plots.flatMap(({ content }) =>
    content.kind === "throughput" ? content.sources.filter((source) => typeof source !== "number") : [],
  );
}

/** Returns the predicates whose tuples the nodes report: `watch` and the route table. */
export function watchedPredicates({ watch, routes }: Topology): readonly string[] {
  return [...new Set([...watch, ...(routes === undefined ? [] : [routes.table])])];
}

/** End of a link: a host and its network. */
type LinkEnd = Pick<Host, "name" | "network">;

/** Returns the faults of the direction from one host to another. */
export function faultsBetween(links: readonly LinkRule[], from: LinkEnd, to: LinkEnd): LinkFaults {
  const matching = links.filter((rule) => isNamed(rule.from, from) && isNamed(rule.to, to));
  return matching.reduce<LinkFaults>((faults, rule) => Object.assign(faults, rule.faults), {});
}

function isNamed(names: ReadonlySet<string>, { name, network }: LinkEnd): boolean {
  return names.has(name) || (network !== undefined && names.has(network));
}
