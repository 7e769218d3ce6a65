import type { ReadCycles, FlowCacheHits, TunOffload } from "../world/world.ts";

/**
 * A node in numbers, at one moment: what `mosaic top` shows and `/metrics` tells. Everything that counts counts from the
 * start of the node; times are in seconds. Plain data that survives JSON: what has no limit has the limit null.
 */
export interface MetricsSnapshot extends TrafficMetrics {
  /** The name that others know the node by. */
  readonly node: string;
  readonly uptime: number;
  readonly steps: StepMetrics;
  readonly ways: SentTupleMetrics;
  readonly rules: readonly RuleMetrics[];
  readonly peers: readonly PeerMetrics[];
  readonly tables: readonly TableMetrics[];
  readonly queues: readonly QueueMetrics[];
  /** Null when the program has no calls of TCP. */
  readonly streams: StreamMetrics | null;
  /** Null in virtual time, where nothing is late. */
  readonly eventLoop: EventLoopMetrics | null;
}

/** What passed the node, and what it lost on the way. */
export interface TrafficMetrics {
  readonly elements: readonly ElementMetrics[];
  readonly network: NetworkMetrics;
  readonly paths: PathMetrics;
  /** Null without a device. */
  readonly tun: TunMetrics | null;
  /** Packets that went past the rules, and are counted as if they had not. Null where all pass them. */
  readonly flowCache: FlowCacheHits | null;
}

export interface StepMetrics {
  readonly steps: number;
  readonly rounds: number;
  /** Steps that passed a limit and were taken back. */
  readonly stopped: number;
  /** Rows that lost to another for a key of the same commit. */
  readonly conflicts: number;
  /** Rows that left because their table was full, and because their time was up. */
  readonly evicted: number;
  readonly expired: number;
  /** Groups whose aggregate had no value. */
  readonly failedAggregates: number;
}

/** What has passed an element, in the units of its header. */
export interface ElementMetrics {
  readonly element: string;
  /** The overlay of an OverlaySendWrap; empty where a node has one such element. */
  readonly label: string;
  readonly in: number;
  readonly out: number;
  readonly dropped: Counts;
}

/** Tuples that rules sent, by the way that LocSpecDemux found for them. */
export interface SentTupleMetrics {
  /** Steps of this node. */
  readonly local: number;
  /** To other nodes of the IP network. */
  readonly ip: number;
  /** Into overlays, as events `ov.send(..)`. */
  readonly overlay: number;
}

/** Counts by reason, in words. */
export type Counts = Readonly<Record<string, number>>;

export interface RuleMetrics {
  /** The rule's label, or its head. */
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  /** How often something made the rule run. */
  readonly firings: number;
  /** Events, table changes and sends that it derived. */
  readonly derived: number;
  /** Derivations that came to nothing because an operation had no value. */
  readonly failed: number;
  /** Time spent in it: estimated from samples once it has run often. */
  readonly seconds: number;
}

export interface PeerMetrics {
  /**
   * `host:port` as the node names it, or `others` for all addresses beyond the first 1024. What comes from the address that
   * a name stands for counts as that of the name.
   */
  readonly address: string;
  readonly sent: number;
  readonly sentBytes: number;
  readonly sentTuples: number;
  readonly received: number;
  readonly receivedBytes: number;
  readonly receivedTuples: number;
  /** Since the last datagram from it; null when there was none. */
  readonly silence: number | null;
  /** The longest datagram that is sent to it, in bytes: what its path carries, as far as that is known. */
  readonly payload: number;
  /** Why nothing can be sent to it now, as far as that is known: `unresolved`, `bad address`. */
  readonly refusal: string | null;
  /** Whether the node has been told of it: a row of `member` or `addressMap` names it. Null where no program has these. */
  readonly isTold: boolean | null;
}

export interface TableMetrics {
  readonly table: string;
  readonly rows: number;
  readonly limit: number | null;
  /** Of a row; null for ever. */
  readonly lifetime: number | null;
}

export interface QueueMetrics {
  readonly queue: string;
  /** What waits now, and how much may, in `unit`. */
  readonly length: number;
  readonly limit: number | null;
  readonly unit: "causes" | "messages" | "bytes" | "timers" | "sockets";
  /** What found no room. */
  readonly dropped: number;
}

export interface StreamMetrics {
  /** Listening, connected, being connected, and waiting to be accepted, now. */
  readonly sockets: number;
  /** Connections taken and made, and sockets that have come to their end. */
  readonly accepted: number;
  readonly connected: number;
  readonly closed: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** Calls that failed, by call and reason: `connect refused`. */
  readonly failed: Counts;
}

export interface NetworkMetrics {
  readonly sent: number;
  readonly sentBytes: number;
  readonly received: number;
  readonly receivedBytes: number;
  /** Sends that the network refused. */
  readonly failed: Counts;
  /** What the kernel's offloads do; absent where datagrams go singly. */
  readonly offload?: NetworkOffloadMetrics;
  /** How long the socket held the thread; absent where nobody measures. */
  readonly readCycles?: ReadCycles;
}

/** What is asked about the sizes of datagrams. */
export interface PathMetrics {
  /** Probes that were sent, and those that were answered. */
  readonly asked: number;
  readonly answered: number;
  /** Probes of others that were answered here. */
  readonly answers: number;
  /** Answers that nobody waited for: late, repeated or forged. */
  readonly stray: number;
  /** Changes of what is sent to a peer. */
  readonly changes: number;
}

export interface NetworkOffloadMetrics {
  readonly segments: boolean;
  readonly joins: boolean;
  /** Sends of several datagrams in one piece, and trains that came. */
  readonly segmented: number;
  readonly joined: number;
  /** Whether what carries no packets of devices has a queue of its own, and what came by it: datagrams, or trains of them. */
  readonly steers: boolean;
  readonly control: number;
  /** Trains that left one by one, by what the kernel said. */
  readonly refusals: Counts;
}

export interface TunMetrics {
  readonly name: string;
  readonly mtu: number;
  readonly read: number;
  readonly readBytes: number;
  readonly written: number;
  readonly writtenBytes: number;
  /** Packets that the kernel refused. */
  readonly refused: Counts;
  /** What the kernel's offloads do for it; absent where packets go singly. */
  readonly offload?: TunOffload;
  /** How long it held the thread; absent where nobody measures. */
  readonly readCycles?: ReadCycles;
  /** Packets of the device that went nowhere, by destination: no rule had a place for them. */
  readonly strays: Counts;
}

/** How late timers and sockets were served over the last 10 to 20 seconds; the first figures begin the counting. */
export interface EventLoopMetrics {
  readonly mean: number;
  readonly p99: number;
  readonly max: number;
}
