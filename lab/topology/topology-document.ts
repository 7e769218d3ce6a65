/** A topology file as it is written: durations in seconds, chances from 0 to 1, what may be left out filled in. */
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
}

/** What may be said for all hosts, and for each. */
interface HostDefaults {
  readonly programs?: readonly string[] | undefined;
  readonly defines?: Readonly<Record<string, string | number>> | undefined;
  readonly facts?: readonly string[] | undefined;
  readonly peers?: "all" | readonly string[] | undefined;
  readonly tun?: boolean | undefined;
}

/** A switch with its addresses, and the NAT gateway that hosts are behind there, if one is. */
export interface NetworkDocument {
  readonly range: string;
  readonly nat?: string | undefined;
  readonly forward: readonly string[];
}

export interface HostDocument extends HostDefaults {
  readonly count?: number | undefined;
  readonly network?: string | undefined;
  readonly address?: string | undefined;
  readonly virtual?: string | undefined;
}

/** The table that says where packets go next, and its columns, counted from 1 as the program writes them. */
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
  /** Bits a second. */
  readonly rate?: number | undefined;
  readonly queue?: number | undefined;
}

export type HostNames = string | readonly string[];

export interface TrafficDocument {
  readonly from: string;
  readonly to: string;
  readonly every: number;
  readonly at: number;
}

/** Both ways between two sides, or one way. */
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
}

export interface CommandDocument {
  readonly on: HostNames;
  /** For the shell. */
  readonly run: string;
  readonly at: number;
}

/** What is to hold at a time, or at the end. */
export interface CheckDocument {
  readonly at?: number | undefined;
  readonly outage?: number | undefined;
  readonly lost?: AllowedLoss | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly path?: readonly string[] | undefined;
  readonly reaches?: readonly [string, string] | undefined;
  readonly unreachable?: readonly [string, string] | undefined;
  readonly succeeds?: string | undefined;
  readonly on?: string | undefined;
}

/** So many pings, or such a share of them, from 0 to 1. */
export type AllowedLoss = { readonly pings: number } | { readonly share: number };

/** What is wrong at a place in a document. */
export interface DocumentFault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}
