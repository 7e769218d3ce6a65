/**
 * Types of the metrics of a node. runtime/node/collect-metrics.ts fills them, metrics.ts translates them for Prometheus,
 * and `mosaic top` shows them. The field names are part of the JSON that `mosaic top --json` prints.
 */
import type { ReadCycles, FlowCacheHits, DeviceOffload } from "../world/world.ts";

/**
 * All metrics of a node at one moment, for `mosaic top` and `/metrics`. Counters start at the start of the node, times are
 * in seconds. Plain data that JSON can represent: a missing limit is null, not infinity.
 */
export interface MetricsSnapshot extends TrafficMetrics {
  /** Name of the node, `host:port`: the first one if it has several. */
  readonly node: string;
  readonly uptime: number;
  readonly steps: StepMetrics;
  /** Steps that exceeded a limit and were undone, by cause, limit and rule. */
  readonly refused: readonly RefusedMetrics[];
  /** Virtual addresses that two locations claimed in the last ten minutes, the latest first. At most 100. */
  readonly collisions: readonly CollisionMetrics[];
  readonly memory: MemoryMetrics;
  /** Tuples that rules sent, by route. */
  readonly ways: SentTupleMetrics;
  readonly rules: readonly RuleMetrics[];
  readonly peers: readonly PeerMetrics[];
  readonly tables: readonly TableMetrics[];
  readonly queues: readonly QueueMetrics[];
  /** Null if the program has no TCP calls. */
  readonly streams: StreamMetrics | null;
  /** Null if the program has no UDP sockets of its own. */
  readonly udp: UdpMetrics | null;
  /** Null if the links have no keys. */
  readonly links: LinkMetrics | null;
  /** Null in virtual time. */
  readonly eventLoop: EventLoopMetrics | null;
}

/** Part of the metrics that is cheap enough to read all the time: traffic and drops. */
export interface TrafficMetrics {
  readonly elements: readonly ElementMetrics[];
  readonly network: NetworkMetrics;
  readonly paths: PathMetrics;
  /** The first TUN device; null without one. */
  readonly tun: DeviceMetrics | null;
  /** All devices, in the order of the command line. */
  readonly devices: readonly DeviceMetrics[];
  /** Packets for devices that the node does not have, by name. */
  readonly unknownDevices: Counts;
  /** Packets that the flow cache forwarded. Other counters count them as if the rules had run. Null without a flow cache. */
  readonly flowCache: FlowCacheHits | null;
}

export interface StepMetrics {
  readonly steps: number;
  readonly rounds: number;
  /** Steps that exceeded a limit and were undone; `refused` counts them by cause. */
  readonly stopped: number;
  /** Insertions that lost to another insertion with the same key in the same round. */
  readonly conflicts: number;
  /** Rows that were evicted from a full table, and rows whose lifetime ended. */
  readonly evicted: number;
  readonly expired: number;
  /** Number of times that the aggregate of a group had no value. */
  readonly failedAggregates: number;
}

/** Steps with the same cause that exceeded the same limit in the same rule. */
export interface RefusedMetrics {
  /** Predicate of the tuple that the steps began with. Steps without a tuple have the cause `expiry`, `facts` or `program swap`. */
  readonly cause: string;
  readonly limit: string;
  /** Empty if the steps had run no rule. */
  readonly rule: string;
  readonly count: number;
}

/** Virtual address for which `addressMap` got two locations. */
export interface CollisionMetrics {
  readonly virtual: string;
  /**
   * `moved`: a row with another location has replaced the earlier one, only once so far, so the member may have moved. `claimed`: both
   * locations claim the address. `own`: another node claims the address of this node's device.
   */
  readonly kind: "moved" | "claimed" | "own";
  /** Location that gets the packets. */
  readonly location: string;
  /** The other location; empty if the other location is this node. */
  readonly other: string;
  /** Number of collisions, and seconds since the latest. */
  readonly count: number;
  readonly age: number;
}

/** Approximate memory of rows and queues, in bytes. */
export interface MemoryMetrics {
  readonly used: number;
  readonly limit: number | null;
}

/** Counters of an element, in the units of its manual. */
export interface ElementMetrics {
  readonly element: string;
  /** Overlay of an OverlaySendWrap; empty for all other elements. */
  readonly label: string;
  readonly in: number;
  readonly out: number;
  readonly dropped: Counts;
}

/** Tuples that rules sent, by the route that LocSpecDemux chose. */
export interface SentTupleMetrics {
  /** To this node. */
  readonly local: number;
  /** To other nodes of the IP network. */
  readonly ip: number;
  /** Into overlays, as events `ov.send(..)`. */
  readonly overlay: number;
}

/** Counters by reason. */
export type Counts = Readonly<Record<string, number>>;

export interface RuleMetrics {
  /** Label of the rule, or its head. */
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  /** Number of times that the rule was triggered. */
  readonly firings: number;
  /** Events, table changes and sends that the rule derived. */
  readonly derived: number;
  /** Derivations that ended because an expression had no value. */
  readonly failed: number;
  /** Tuples that the rule did not send because they exceed the send rate. */
  readonly limited: number;
  /** Time spent in the rule. Estimated from samples once it has run 64 times. */
  readonly seconds: number;
}

export interface PeerMetrics {
  /**
   * `host:port` as the node names the peer, or `others` for all addresses beyond the first 1024. Traffic from the address to
   * which a name resolves is counted under the name.
   */
  readonly address: string;
  readonly sent: number;
  readonly sentBytes: number;
  readonly sentTuples: number;
  readonly received: number;
  readonly receivedBytes: number;
  readonly receivedTuples: number;
  /** Time since the last datagram from the peer; null if there was none. */
  readonly silence: number | null;
  /** Time since the first unanswered probe that was sent after the last datagram from the peer; null if there is none. */
  readonly awaited: number | null;
  /** Length of the longest datagram sent to the peer, in bytes, as path probes determined it. */
  readonly payload: number;
  /** Reason why nothing can be sent to the peer now: `unresolved`, `bad address`. Null if none is known. */
  readonly refusal: string | null;
  /** Whether a row of `member` or `addressMap` names the peer. Null if the program has neither table. */
  readonly isListed: boolean | null;
}

export interface TableMetrics {
  readonly table: string;
  readonly rows: number;
  readonly limit: number | null;
  /** Lifetime of a row; null if rows do not expire. */
  readonly lifetime: number | null;
}

export interface QueueMetrics {
  readonly queue: string;
  /** Current length and limit, in `unit`. */
  readonly length: number;
  readonly limit: number | null;
  readonly unit: "inputs" | "messages" | "bytes" | "timers" | "sockets" | "rows";
  /** Number of items that a full queue dropped. */
  readonly dropped: number;
}

export interface StreamMetrics {
  /** Sockets now: listening, connecting, connected, or waiting to be accepted. */
  readonly sockets: number;
  /** Accepted and opened connections, and closed sockets. */
  readonly accepted: number;
  readonly connected: number;
  readonly closed: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** Failed calls by call and reason: `connect refused`. */
  readonly failed: Counts;
}

/** The UDP sockets that rules opened. */
export interface UdpMetrics {
  /** Sockets now: open or being opened. */
  readonly sockets: number;
  readonly opened: number;
  readonly closed: number;
  /** Datagrams, and bytes of payload. */
  readonly sent: number;
  readonly sentBytes: number;
  readonly received: number;
  readonly receivedBytes: number;
  /** Failed calls by call and reason: `open in use`. */
  readonly failed: Counts;
  /** Datagrams that could not be sent, by reason. */
  readonly unsent: Counts;
}

/** Links with keys. */
export interface LinkMetrics {
  /** Datagrams sealed and opened. */
  readonly sealed: number;
  readonly opened: number;
  /** Sessions that were agreed on, and answers to initiations with a cookie. */
  readonly sessions: number;
  readonly cookies: number;
  /** Datagrams and messages of the handshake that were dropped, by reason. */
  readonly refused: Counts;
}

export interface NetworkMetrics {
  /** Reason why no other node can send to this node now: no device of the host has an address. Absent if there is no such problem. */
  readonly problem?: string;
  readonly sent: number;
  readonly sentBytes: number;
  readonly received: number;
  readonly receivedBytes: number;
  /** Sends that the kernel refused, by reason. */
  readonly failed: Counts;
  /** Segmentation and receive offload of the kernel; absent if datagrams are sent one by one. */
  readonly offload?: NetworkOffloadMetrics;
  /** Read cycles of the socket and their CPU time; absent in the simulator. */
  readonly readCycles?: ReadCycles;
}

/** Counters of path probes, which find the longest datagram that a path carries. */
export interface PathMetrics {
  /** Probes sent, and sent probes that peers answered. */
  readonly asked: number;
  readonly answered: number;
  /** Probes of peers that this node answered. */
  readonly answers: number;
  /** Unexpected answers: late, repeated or forged. */
  readonly stray: number;
  /** Changes of the payload limit of a peer. */
  readonly changes: number;
}

export interface NetworkOffloadMetrics {
  /** Whether the kernel segments sent trains (GSO), and joins received datagrams (GRO). */
  readonly segments: boolean;
  readonly joins: boolean;
  /** Trains sent, and trains received. */
  readonly segmented: number;
  readonly joined: number;
  /** Whether control datagrams (datagrams without device packets) have a socket buffer of their own. */
  readonly steers: boolean;
  /** Number of datagrams, or trains of them, read from that buffer. */
  readonly control: number;
  /** Trains that were sent datagram by datagram, by the error of the kernel. */
  readonly refusals: Counts;
}

export interface DeviceMetrics {
  readonly kind: "tun" | "tap";
  readonly name: string;
  readonly mtu: number;
  /** Reason why the device carries no packets now: it is gone, down, or has lost its address. Absent while it carries packets. */
  readonly problem?: string;
  readonly read: number;
  readonly readBytes: number;
  readonly written: number;
  readonly writtenBytes: number;
  /** Packets that the kernel refused, by reason. */
  readonly refused: Counts;
  /** Segmentation offload of the device; absent if packets are read and written one by one. */
  readonly offload?: DeviceOffload;
  /** Read cycles of the device and their CPU time; absent in the simulator. */
  readonly readCycles?: ReadCycles;
  /** Packets of the device for which no rule sent anything, by destination. */
  readonly unrouted: Counts;
}

/** Delay of timers and sockets in the last 10 to 20 seconds. Measurement starts at the first snapshot. */
export interface EventLoopMetrics {
  readonly mean: number;
  readonly p99: number;
  readonly max: number;
}
