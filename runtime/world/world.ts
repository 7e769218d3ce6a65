import type { Streams } from "./streams.ts";
import type { DatagramTrain } from "../wire/datagram-train.ts";

/**
 * What a node needs from outside itself. There are two worlds behind these interfaces, Linux (`runtime/device`)
 * and the simulator (`runtime/sim`); nothing else in the runtime knows which one it is in.
 */
export interface World {
  readonly clock: Clock;
  /** The root of this node's random streams. */
  readonly seed: number;
  /** Evenly from 0 up to but without 1, and not to be guessed. Absent where nobody guesses. */
  readonly secret?: () => number;
  readonly datagrams: Datagrams;
  /** Absent when the node was started without `--tun`. */
  readonly tun: Tun | undefined;
  /** Absent where there is no network but for datagrams. */
  readonly streams?: Streams | undefined;
  /** How late the process serves its timers and sockets; absent in virtual time, where nothing is late. */
  readonly eventLoop?: EventLoop;
  /** Absent where every packet passes the rules. */
  readonly flowCache?: FlowCache;
  /** Absent when nothing is captured. */
  readonly capture?: SendQueue & { readonly dropped: number };
}

export interface EventLoop {
  /** Seconds, over the last while; all 0 at the first call, which begins the counting. */
  delay(): { readonly mean: number; readonly p99: number; readonly max: number };
}

/**
 * Ways past the rules, between the device and the datagrams: a packet that comes when nothing else does goes where the rules have
 * sent one like it, as long as the node does not say that they might send it elsewhere.
 */
export interface FlowCache {
  /** Sets who watches a pass that is to be remembered: called before it; what that returns is called after it. */
  setRecorder(begin: () => () => RecordedRun | undefined): void;
  /** What is remembered holds no more. */
  flush(): void;
  /** Nothing may go this way as long as causes or datagrams wait, for it would overtake them, or somebody observes the rules. */
  block(why: "steps" | "datagrams" | "observers", isBlocked: boolean): void;
  /** Counts what has gone this way since the last time as if it had passed the rules. */
  countHits(): void;
  readonly hits: FlowCacheHits;
}

/** Packets that went past the rules: from the device, and to it. */
export interface FlowCacheHits {
  readonly sent: number;
  readonly delivered: number;
}

/** What a packet did that passed the rules, and what each that is like it would do. */
export interface RecordedRun {
  /** For so many seconds, unless the node forgets it sooner. */
  readonly validFor: number;
  /** As if so many had passed, the last of them so many seconds ago. */
  addHits(times: number, ago: number): void;
}

/** Monotonic time. */
export interface Clock {
  /** Seconds since some fixed instant; never goes backwards. */
  now(): number;
  /** Calls `fire` once at `time` (seconds, same scale as `now`) or as soon after as possible, never from within this call. */
  at(time: number, fire: () => void): Timer;
  /** Calls `fire` once as soon as the caller and what is already waiting have run; lets a busy node breathe. */
  soon(fire: () => void): void;
}

export interface Timer {
  cancel(): void;
}

/**
 * A datagram as it came, or a train of datagrams of one sender. `bytes` are valid until the call that hands them over
 * returns.
 */
export interface Datagram {
  readonly bytes: Uint8Array;
  /** `host:port`, numeric; IPv6 hosts in brackets. */
  readonly from: string;
}

/**
 * An unreliable datagram service, one socket. `send` never throws and never reports: what the network refused
 * (no route, port unreachable, buffer full) is counted in `counters` by reason.
 */
export interface Datagrams {
  /** `host:port` this end is bound to, numeric, with the real port when 0 was asked for. */
  readonly address: string;
  /** The largest payload that is sent in one piece. */
  readonly maxPayload: number;
  readonly counters: DatagramCounters;
  /** Absent where nothing waits. */
  readonly queue?: SendQueue | undefined;
  /** Absent where datagrams come and go singly. */
  readonly offload?: DatagramOffload | undefined;
  /** Absent where nobody measures. */
  readonly readCycles?: ReadCycles | undefined;
  /** Why nothing can be sent to a place, as far as that is known. Absent where every place can be sent to. */
  refusal?(to: string): string | undefined;
  /** The `host:port` that datagrams to a name go to, numeric, as far as that is known. Absent where there are no names. */
  numeric?(to: string): string | undefined;
  /** Sets the one receiver. Called before any datagram can arrive; each call is one datagram, or a train of them. */
  onDatagram(receive: (datagram: Datagram) => void): void;
  /** `to` is `host:port`; names other than numeric addresses are resolved. `bytes` must stay unchanged afterwards. */
  send(to: string, bytes: Uint8Array): void;
  /**
   * Sends all datagrams of a train, whose bytes may change once the call returns. Absent where nothing is gained by it;
   * then each goes through `send`.
   */
  sendTrain?(to: string, train: DatagramTrain): void;
  /**
   * Sends a datagram that must arrive in one piece or not at all. False when it did not leave because it is too long for the
   * interface. Absent where all that `maxPayload` allows arrives in one piece.
   */
  probe?(to: string, bytes: Uint8Array): boolean;
  close(): Promise<void>;
}

/** How often what waited in the kernel was taken out, and for how long that held the thread. */
export interface ReadCycles {
  readonly count: number;
  /** Those that took more than 5 ms of the thread's time, for which timers and other descriptors had to wait. */
  readonly overBudget: number;
  /** Seconds of the thread's time. */
  readonly longest: number;
}

/** What the kernel's offloads do for a socket, and how often they did. */
export interface DatagramOffload {
  /** Trains leave in one piece. */
  readonly segments: boolean;
  /** Trains come in one piece. */
  readonly joins: boolean;
  /** Calls that sent several datagrams, and trains that came. */
  readonly segmented: number;
  readonly joined: number;
  /** What carries no packets of devices waits by itself, and how much of it came so: datagrams, or trains of them. */
  readonly steers: boolean;
  readonly control: number;
  /** Trains that had to leave one by one, by what the kernel said. */
  readonly refusals: ReadonlyMap<string, number>;
}

/** Bytes that wait in this process for room in the kernel's buffer, and how many may. */
export interface SendQueue {
  readonly length: number;
  readonly limit: number;
}

export interface DatagramCounters {
  sent: number;
  sentBytes: number;
  received: number;
  receivedBytes: number;
  /** Sends that failed, by reason (`ENETUNREACH`, `unresolved`, `too long`, ...). */
  readonly failed: Map<string, number>;
}

/**
 * A network interface of the kernel whose packets this process reads and writes.
 * One `receive` call is one IP packet, without link header, or a train of packets of one flow; its bytes are valid until
 * the call returns.
 */
export interface Tun {
  readonly name: string;
  readonly mtu: number;
  readonly counters: TunCounters;
  /** Absent where packets come and go singly. */
  readonly offload?: TunOffload | undefined;
  /** Absent where nobody measures. */
  readonly readCycles?: ReadCycles | undefined;
  onPacket(receive: (packet: Uint8Array) => void): void;
  /** Hands one IP packet, or each of a train, to the kernel. What the kernel refuses is counted, never thrown. */
  write(packet: Uint8Array): void;
  /** The interface is gone when the promise resolves. */
  close(): Promise<void>;
}

/** What the kernel's offloads do for a device: whether they work, and how many super-packets crossed. */
export interface TunOffload {
  readonly tcp: boolean;
  readonly udp: boolean;
  readonly superRead: number;
  readonly superWritten: number;
  /** Reads that were no packet, whatever the kernel meant by them. */
  readonly unfit: number;
}

/** Of packets, also of those that travel as a train. */
export interface TunCounters {
  read: number;
  readBytes: number;
  written: number;
  writtenBytes: number;
  /** Writes the kernel refused, by reason. */
  readonly refused: Map<string, number>;
}
