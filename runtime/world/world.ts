/**
 * The interfaces through which a node reaches its environment. Two sets of classes implement them: Linux (`runtime/device`) and the
 * simulator (`runtime/sim`). No other code of the runtime knows which of the two it uses.
 *
 * Incoming datagrams and packets enter the node through `onDatagram` and `onPacket`. Outgoing ones leave by `send`, `sendTrain` and
 * `write`. Failures of the environment are counted or returned, never thrown.
 */
import type { Cidr } from "../ip/cidr.ts";
import type { LinkFigures } from "./links.ts";
import type { HostAddresses } from "./host-addresses.ts";
import type { Streams } from "./streams.ts";
import type { UdpSockets } from "./udp-sockets.ts";
import type { Ciphers } from "../plan/contract/ciphers.ts";
import type { DatagramTrain } from "../wire/datagram-train.ts";

/** Environment of a node. */
export interface World {
  readonly clock: Clock;
  /** Seed of the random streams of this node. */
  readonly seed: number;
  /** Unpredictable random number in [0, 1), for nonces. Absent in the simulator, where nobody attacks. */
  readonly secret?: () => number;
  /**
   * Returns a number that no row and no message holds. Within a step the numbers ascend. Absent if the ids of calls are drawn at random.
   */
  readonly callId?: () => number;
  readonly datagrams: Datagrams;
  /** Moves `datagrams` to a socket at another `host:port` of this host. Absent if the environment cannot move the socket. */
  readonly moveTo?: ((listen: string) => Promise<MoveResult>) | undefined;
  /** Returns what the links with keys have done. Absent if the links have no keys. */
  readonly linkFigures?: (() => LinkFigures) | undefined;
  /** Devices of `--tun` and `--tap`, in the order of the command line. Their names differ. */
  readonly devices: readonly Device[];
  /** Returns whether an interface of this host has the numeric address. Absent if `datagrams` is bound to one address. */
  readonly isLocalHost?: (host: string) => boolean;
  /** Absent if the environment has no host whose addresses may change. */
  readonly host?: HostAddresses | undefined;
  /** Absent if the environment has no TCP. */
  readonly streams?: Streams | undefined;
  /** Absent if the environment has no UDP sockets other than `datagrams`. */
  readonly udp?: UdpSockets | undefined;
  /** Absent if node:crypto serves. */
  readonly ciphers?: Ciphers | undefined;
  /** Absent in the simulator, where nothing is delayed. */
  readonly eventLoop?: EventLoop;
  /** Absent if every packet runs the rules. */
  readonly flowCache?: FlowCache;
  /** Queue of packets for a capture file, and the number of packets dropped. Absent if nothing is captured. */
  readonly capture?: SendQueue & { readonly dropped: number };
}

/**
 * Result of a move of the socket. If the new socket cannot be opened, the previous socket stays, and `message` gives the reason, for
 * people.
 */
export type MoveResult = { readonly ok: true } | { readonly ok: false; readonly message: string };

/** Delay with which the process serves timers and sockets. */
export interface EventLoop {
  /** Returns the delay in seconds over the latest interval. The first call starts the measurement and returns 0. */
  delay(): { readonly mean: number; readonly p99: number; readonly max: number };
}

/**
 * Cache of packet outcomes by flow, between the device and the sockets. A lone packet of a known flow is forwarded without running the
 * rules. The node records runs, flushes the cache when a recorded outcome may no longer hold, and blocks it while the rules must see
 * every packet. See docs/design/flow-cache.md.
 */
export interface FlowCache {
  /**
   * Installs the recorder of slow-path runs: `begin` is called before a run that may be cached, and the function that it returns is called
   * after the run.
   */
  setRecorder(begin: () => () => RecordedRun | undefined): void;
  /** Invalidates all entries. */
  flush(): void;
  /**
   * Blocks or unblocks the cache for one of three reasons. `steps` and `datagrams`: while they are queued, a packet forwarded by the cache
   * would overtake them. `observers`: observers of the rules must see every packet.
   */
  block(why: "steps" | "datagrams" | "observers", isBlocked: boolean): void;
  /** Adds the hits since the last call to the counters of the node, as if the packets had run the rules. */
  countHits(): void;
  readonly hits: FlowCacheHits;
}

/** Numbers of packets forwarded by the flow cache: read from the device and sent, received and delivered to the device. */
export interface FlowCacheHits {
  readonly sent: number;
  readonly delivered: number;
}

/** Outcome of a recorded run, which holds for all packets of the flow. */
export interface RecordedRun {
  /** Seconds for which the entry is valid, unless the cache is flushed before. */
  readonly validFor: number;
  /** Advances the counters of the node by this number of packets. The last of them passed `ago` seconds ago. */
  addHits(times: number, ago: number): void;
}

/** Monotonic time. */
export interface Clock {
  /** Returns seconds since a fixed instant. Never decreases. */
  now(): number;
  /** Calls `fire` once at `time` (seconds, on the scale of `now`) or as soon after as possible, but never from within this call. */
  at(time: number, fire: () => void): Timer;
  /** Calls `fire` once after the caller and all pending events have run. A busy node yields this way. */
  soon(fire: () => void): void;
}

export interface Timer {
  cancel(): void;
}

/** Received datagram, or train of datagrams from one sender. `bytes` are valid only during the call of the receiver. */
export interface Datagram {
  readonly bytes: Uint8Array;
  /** Name of the peer with whose keys the datagram was sealed. Without links `host:port`, numeric; IPv6 hosts in brackets. */
  readonly from: string;
  /** Name of the node whose key authenticates the datagram. Absent on links without keys. */
  readonly principal?: string;
  /** Traffic class (DSCP and ECN field) of the IP packets. Absent if the environment does not report it. */
  readonly trafficClass?: number;
}

/**
 * Unreliable datagram service: one UDP socket. `send` never throws. A failure (no route, port unreachable, buffer full) is counted in
 * `counters` under its reason.
 */
export interface Datagrams {
  /** Local `host:port`, numeric. If port 0 was requested, the port that was assigned. It changes when the socket moves. */
  readonly address: string;
  /** Length of the longest datagram that the socket sends in one piece. */
  readonly maxPayload: number;
  readonly counters: DatagramCounters;
  /** Absent if sends are never queued. */
  readonly queue?: SendQueue | undefined;
  /** Absent if datagrams are sent and received one by one. */
  readonly offload?: DatagramOffload | undefined;
  /** Absent if read cycles are not measured. */
  readonly readCycles?: ReadCycles | undefined;
  /**
   * Returns the reason why sends to a destination fail, if it is known: an unresolved name, for example. Absent if no such reason is ever
   * known.
   */
  refusal?(to: string): string | undefined;
  /**
   * Returns the sender of the datagrams that come from a destination: the numeric `host:port` of a name, if it is resolved, or with links
   * the name itself, if it has a session. Absent if there are no names.
   */
  numeric?(to: string): string | undefined;
  /**
   * Reports that a destination has not answered probes: if the destination is a name, the name may now have another address. Absent if
   * there are no names.
   */
  unanswered?(to: string): void;
  /**
   * Returns the length of the longest datagram that leaves for `host:port` unfragmented, as far as the kernel knows the path. Undefined if
   * the kernel does not know the destination. Absent if the path carries datagrams of every length, or if no datagram up to `maxPayload` is
   * fragmented.
   */
  unfragmented?(to: string): number | undefined;
  /** Installs the receiver. Must be called once, before the first datagram can arrive. */
  onDatagram(receive: (datagram: Datagram) => void): void;
  /** Whether `send` copies the bytes, so that they may change after the call. Absent if it does not. */
  readonly copies?: boolean | undefined;
  /**
   * Sends to `host:port`; a name is resolved. The caller must not change `bytes` afterwards, unless `copies` is true. `trafficClass` is the
   * traffic class of the packet in the datagram, 0 by default. The datagram gets the ECN field of this traffic class, and with
   * `--dscp copy` also its DSCP.
   */
  send(to: string, bytes: Uint8Array, trafficClass?: number): void;
  /** Sends the datagrams of a train. The bytes may change after the call. If absent, callers use `send` for each datagram. */
  sendTrain?(to: string, train: DatagramTrain, trafficClass?: number): void;
  /**
   * Sends a message of the handshake of links to `host:port`, as it is. Returns false if the name of the host is still being resolved.
   * Absent if datagrams are not sealed.
   */
  sendHandshake?(to: string, bytes: Uint8Array): boolean;
  /**
   * Sends a datagram that must not be fragmented. Returns false if it is too long for the local interface. Absent if every path carries
   * datagrams of `maxPayload` bytes.
   */
  probe?(to: string, bytes: Uint8Array): boolean;
  close(): Promise<void>;
}

/** Counters of read cycles. A cycle reads all datagrams or packets that the kernel has queued, and runs the rules for them. */
export interface ReadCycles {
  readonly count: number;
  /** Cycles that took more than 5 ms of CPU time, during which timers and other descriptors had to wait. */
  readonly overBudget: number;
  /** CPU seconds of the longest cycle. */
  readonly longest: number;
}

/** Offloads of the kernel that a socket uses, and how often they applied. */
export interface DatagramOffload {
  /** Whether the kernel splits a train on sending (UDP GSO). */
  readonly segments: boolean;
  /** Whether the kernel joins received datagrams to a train (UDP GRO). */
  readonly joins: boolean;
  /** Number of calls that sent several datagrams. */
  readonly segmented: number;
  /** Number of trains received. */
  readonly joined: number;
  /** Whether datagrams without device packets have a receive queue of their own, so that they do not wait behind bulk traffic. */
  readonly steers: boolean;
  /** Number of datagrams, or trains of them, received on that queue. */
  readonly control: number;
  /** Numbers of trains that had to be sent datagram by datagram, by error of the kernel. */
  readonly refusals: ReadonlyMap<string, number>;
}

/** Queue of bytes that wait for room in the kernel's send buffer, and its limit. */
export interface SendQueue {
  readonly length: number;
  readonly limit: number;
}

export interface DatagramCounters {
  sent: number;
  sentBytes: number;
  received: number;
  receivedBytes: number;
  /** Numbers of failed sends by reason (`ENETUNREACH`, `unresolved`, `too long`, ...). */
  readonly failed: Map<string, number>;
}

/**
 * TUN or TAP device: network interface of the kernel whose packets this process reads and writes. Packets of a TUN device are IP packets,
 * and packets of a TAP device Ethernet frames.
 */
export interface Device {
  readonly kind: "tun" | "tap";
  readonly name: string;
  /** Length of the longest packet, in bytes, without the Ethernet header. */
  readonly mtu: number;
  /** Sets a smaller MTU. Returns the reason if the kernel refuses it. Absent if the operator has chosen the MTU. */
  readonly lowerMtu?: ((mtu: number) => string | undefined) | undefined;
  /** IP address of the interface, and its network. Absent if the interface has no address. */
  readonly network?: Cidr | undefined;
  readonly counters: DeviceCounters;
  /** Absent if packets are read and written one by one. */
  readonly offload?: DeviceOffload | undefined;
  /** Absent if read cycles are not measured. */
  readonly readCycles?: ReadCycles | undefined;
  /**
   * Returns the reason why the interface carries no packets: it is gone, down, or has lost its address. Absent if the interface cannot have
   * such a problem.
   */
  problem?(): string | undefined;
  /**
   * Creates the interface anew if it is gone; otherwise gives it its address and brings it up. Does nothing if there is no problem. If this
   * fails, `problem` returns the reason. Absent if the interface cannot be restored.
   */
  restore?(): void;
  /**
   * Installs the receiver. Each call brings an IP packet without link header, a train of such packets of one flow, or an Ethernet frame.
   * The bytes are valid only during the call.
   */
  onPacket(receive: (packet: Uint8Array) => void): void;
  /** Writes a packet, or each packet of a train. A failed write is counted, never thrown. */
  write(packet: Uint8Array): void;
  /** The promise resolves when the interface has been removed. */
  close(): Promise<void>;
}

/** Offloads of the kernel that a device uses, and numbers of super-packets. */
export interface DeviceOffload {
  readonly tcp: boolean;
  readonly udp: boolean;
  readonly superRead: number;
  readonly superWritten: number;
  /** Number of reads that gave no valid packet. */
  readonly unfit: number;
}

/** Numbers of packets. Each packet of a train counts. */
export interface DeviceCounters {
  read: number;
  readBytes: number;
  written: number;
  writtenBytes: number;
  /** Numbers of failed writes, by reason. */
  readonly refused: Map<string, number>;
}
