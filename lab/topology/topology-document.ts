import type { Cidr } from "../../runtime/ip/cidr.ts";
import type { Device } from "../../runtime/world/world.ts";

/** Topology file after the schema: durations are in seconds, probabilities are from 0 to 1, and an omitted list is empty. */
export interface TopologyDocument extends HostDefaults {
  readonly title?: string | undefined;
  readonly seed: number;
  readonly duration: number;
  readonly watch: readonly string[];
  readonly routes?: RouteColumns | undefined;
  readonly networks: Readonly<Record<string, NetworkDocument>>;
  readonly hosts: Readonly<Record<string, HostDocument>>;
  readonly links: readonly LinkDocument[];
  readonly traffic: readonly TrafficDocument[];
  readonly events: readonly EventDocument[];
  readonly commands: readonly CommandDocument[];
  readonly checks: readonly CheckDocument[];
  readonly plots: readonly PlotDocument[];
}

/** Settings that the file may give for all hosts and for single hosts. */
interface HostDefaults {
  readonly programs?: readonly string[] | undefined;
  readonly defines?: Readonly<Record<string, string | number>> | undefined;
  readonly facts?: readonly string[] | undefined;
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  readonly peers?: "all" | readonly string[] | undefined;
  readonly tun?: boolean | undefined;
}

/** Network: a switch with a range of addresses. It may have a gateway, which is a host or a NAT gateway with an address. */
export interface NetworkDocument {
  readonly range: string;
  /** Address of the NAT gateway, or whether the host `gateway` translates addresses. Default: it only routes. */
  readonly nat?: string | boolean | undefined;
  /** Host that forwards packets between this network and its other networks. */
  readonly gateway?: string | undefined;
  readonly forward: readonly string[];
}

export interface HostDocument extends HostDefaults {
  readonly count?: number | undefined;
  /** Number of nodes that the host runs in one process, on consecutive ports. */
  readonly nodes?: number | undefined;
  readonly network?: string | undefined;
  /** Networks of a host with several interfaces. By default its node announces the address in the first one. */
  readonly networks?: readonly string[] | undefined;
  readonly address?: string | undefined;
  readonly virtual?: string | undefined;
  /** Devices in place of the TUN device with the address `virtual`. */
  readonly devices?: readonly DeviceDocument[] | undefined;
}

export interface DeviceDocument {
  readonly kind: Device["kind"];
  readonly name?: string | undefined;
  /** Undefined only for a TAP device without an address. */
  readonly address?: Cidr | undefined;
}

/** Route table of the programs, and the numbers of its columns, counted from 1. */
export interface RouteColumns {
  readonly table: string;
  readonly to: number;
  readonly next: number;
  readonly cost?: number | undefined;
}

export interface LinkDocument {
  readonly between?: "all" | readonly string[] | undefined;
  readonly from?: HostNames | undefined;
  readonly to?: HostNames | undefined;
  readonly delay?: number | undefined;
  readonly jitter?: number | undefined;
  readonly loss?: number | undefined;
  readonly duplicate?: number | undefined;
  readonly reorder?: number | undefined;
  readonly "hold-back"?: number | undefined;
  /** Bits per second. */
  readonly rate?: number | undefined;
  readonly queue?: number | undefined;
}

export type HostNames = string | readonly string[];

/** Pings (`every`), a UDP stream (`rate`, `size`, `duration`) or a TCP transfer (`bytes` or `duration`, and perhaps `rate`). */
export interface TrafficDocument {
  readonly kind: TrafficKind;
  readonly name?: string | undefined;
  readonly from: string;
  readonly to: string;
  readonly every?: number | undefined;
  readonly at: number;
  /** Bits per second. */
  readonly rate?: number | undefined;
  /** Bytes of payload of a datagram. */
  readonly size?: number | undefined;
  readonly bytes?: number | undefined;
  readonly duration?: number | undefined;
}

export type TrafficKind = "ping" | "udp" | "tcp";

/** Directions between two sides. A pair means both directions; `from` and `to` mean one. */
export type Crossing = readonly [HostNames, HostNames] | { readonly from: HostNames; readonly to: HostNames };

export interface EventDocument {
  readonly at: number;
  readonly cut?: Crossing | undefined;
  readonly heal?: Crossing | undefined;
  readonly kill?: HostNames | undefined;
  readonly start?: HostNames | undefined;
  readonly move?: HostNames | undefined;
  /** The network that hosts move to. */
  readonly to?: string | undefined;
  readonly change?: LinkDocument | undefined;
  /** Fact, as in `mosaic ctl NODE insert FACT`. */
  readonly insert?: string | undefined;
  readonly delete?: string | undefined;
  /** `load`: program file to add. `unload`: name of a program file to remove. */
  readonly load?: string | undefined;
  readonly unload?: string | undefined;
  readonly reload?: true | undefined;
  /** Overlay whose own address becomes `address`. */
  readonly rebind?: string | undefined;
  readonly address?: string | undefined;
  /** Seconds for which the overlay also answers to its old address. */
  readonly grace?: number | undefined;
  /** Hosts whose nodes the six actions above change. Default: all hosts. */
  readonly on?: HostNames | undefined;
}

export interface CommandDocument {
  readonly on: HostNames;
  /** Command line for the shell. */
  readonly run: string;
  readonly at: number;
}

/** Condition that the run must meet at a time, by default at the end. */
export interface CheckDocument {
  readonly at?: number | undefined;
  readonly outage?: number | undefined;
  readonly lost?: AllowedLoss | undefined;
  /** Least mean throughput in bits per second. */
  readonly throughput?: number | undefined;
  /** Longest time of a transfer in seconds. */
  readonly completes?: number | undefined;
  /** Name of the traffic that the check covers. */
  readonly traffic?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly path?: readonly string[] | undefined;
  readonly reaches?: readonly [string, string] | undefined;
  readonly unreachable?: readonly [string, string] | undefined;
  readonly succeeds?: string | undefined;
  /** Table or rule body, as in `mosaic query NODE QUERY`. */
  readonly query?: string | undefined;
  /** Number of rows that each host must have: exactly, or the least and the greatest. */
  readonly rows?: number | readonly [number, number] | undefined;
  /** All hosts must have the same rows. */
  readonly same?: true | undefined;
  /** The host of `succeeds`, or the hosts of `query`. Default for `query`: all hosts. */
  readonly on?: HostNames | undefined;
}

/** Figure over the time of the run. Exactly one of `throughput`, `rtt` and `path` is present. */
export interface PlotDocument {
  /** Name of its files. */
  readonly name?: string | undefined;
  readonly title?: string | undefined;
  /** Names of streams and transfers, hosts as `a`, and devices of hosts as `a/mosaic0`. */
  readonly throughput?: HostNames | undefined;
  /** Names of pings and transfers. */
  readonly rtt?: HostNames | undefined;
  readonly path?: readonly [string, string] | undefined;
}

/** Greatest number of lost pings and datagrams of streams, or greatest share of them, from 0 to 1. */
export type AllowedLoss = { readonly pings: number } | { readonly share: number };

/** Fault of a document at the path of a value. */
export interface DocumentFault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}
