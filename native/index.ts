import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** The C addon: what Mosaic needs of the kernel beyond what Node offers. Nothing in it throws. */
export interface Native {
  /**
   * Opens a TUN interface; a `%d` in the name becomes the first free number. It is down and without address. With
   * `offload` it carries super-packets in both directions where the kernel can do that.
   */
  openTun(name: string, offload: boolean): TunHandle | SystemCallFailure;
  /**
   * Opens and binds a UDP socket. With `segments` it sends, with `joins` it receives datagrams of one length in one piece,
   * where the kernel can do that and a trial on the loopback shows that it does. Datagrams with packets of devices, tuples
   * of the five hashes `packets`, wait by themselves, and others before them.
   */
  openUdp(address: Uint8Array, gso: boolean, gro: boolean, packets: Uint32Array): UdpHandle | SystemCallFailure;
  /** The socket address of a numeric host, which may have a zone, and a port; undefined when it is none. */
  socketAddress(host: string, port: number): Uint8Array | undefined;
  /** The host of a socket address as text. */
  hostText(address: Uint8Array): string;
  /** The largest IP packet that goes to a socket address in one piece, as far as the kernel knows; 0 without a way. */
  pathMtu(address: Uint8Array): number;
  /**
   * Sends one datagram to the Unix socket at `path`; one that begins with `@` is abstract. Returns an errno, or 0;
   * a message has 1024 bytes at most.
   */
  notify(path: string, message: string): number;
}

/** What both kinds of handle have that read. */
interface ReadHandle {
  /** Calls `wake` once more, without anything new, when it has left something of what was read; until then nothing is read. */
  resume(): void;
  /** Wakes so far, those that took more than 5 ms of the thread's time, and the longest in seconds. */
  readCycles(): readonly [count: number, overlong: number, longest: number];
}

/** An open UDP socket. After `close` nothing else is to be called. */
export interface UdpHandle extends ReadHandle {
  /** The socket address it is bound to. */
  readonly address: Uint8Array;
  readonly gso: boolean;
  readonly gro: boolean;
  /** Whether the kernel tells datagrams with packets of devices from others. */
  readonly control: boolean;
  /**
   * Gives the memory for sending, once and before anything is sent. `waiting` has two numbers for each datagram of
   * `sendWaiting`: where in `queue` it is, a multiple of 4, and its length; there are `ADDRESS_BYTES` for the socket address,
   * and behind them the datagram. `sent` has a word for each of `SENT`, written by every send.
   */
  prepare(queue: Uint8Array, queued: Uint32Array, sent: Uint32Array): SystemCallFailure | undefined;
  /**
   * Begins to read; called once. At each wake `arena`, slots of 64 KiB, gets what has come, those of one sender and length
   * as a train of up to `trainMax`, and `index` gets `UDP_INDEX_WORDS` numbers a train; then `wake` is called once. The
   * first `UDP_CONTROL_SLOTS` of both are for what carries no packets of devices, where `control` holds.
   */
  start(arena: Uint8Array, index: Uint32Array, trainMax: number, onRead: OnUdpRead): SystemCallFailure | undefined;
  /**
   * Sends a datagram for each row of a train. The socket address and what stands around the rows are at the start of
   * `queue`, one behind the other, of which these are the lengths. Returns an errno, or 0.
   */
  sendTrain(
    headLength: number,
    tailLength: number,
    lastHeadLength: number,
    lastTailLength: number,
    train: Uint8Array,
    stride: number,
    count: number,
    lastAt: number,
    lastLength: number,
    gso: boolean,
  ): number;
  /** Sends the first `count` of those waiting. Returns an errno, or 0. */
  sendQueued(count: number, gso: boolean): number;
  /** Sends a datagram that nobody may cut. Returns an errno, or 0; EMSGSIZE when the interface has no room for it. */
  probe(to: Uint8Array, bytes: Uint8Array): number;
  /** Calls `closed` once the socket is gone. */
  close(closed: () => void): void;
}

/**
 * Takes `control` trains of the first slots and `count` of the others; true when it has left some. An `errno` other than 0 is
 * what the socket had to say besides; it goes on.
 */
export type OnUdpRead = (control: number, count: number, errno: number) => boolean;

/**
 * Of a train in an index: where it begins, the length of its rows, their stride, their number, where the last is counted
 * from the first, its length; then the sender's socket address; then with how many bytes all rows of full length begin alike.
 */
export const UDP_INDEX_WORDS = 14;
export const UDP_INDEX_ADDRESS = 6;
export const UDP_INDEX_COMMON_PREFIX = 13;
export const UDP_SLOT_BYTES = 65_536;
export const UDP_CONTROL_SLOTS = 8;
export const ADDRESS_BYTES = 28;

/**
 * What a send says of itself: datagrams and bytes that left, datagrams that did not, calls that carried several, why the
 * kernel would not carry several, and whether it ever will.
 */
export const SENT = { datagrams: 0, bytes: 1, failed: 2, segmented: 3, segmentErrno: 4, gso: 5 } as const;

/** What the kernel refused: the errno, and the system call or ioctl that met it. */
export interface SystemCallFailure {
  readonly errno: number;
  readonly call: string;
}

/** An open TUN interface. After `close` every other call is refused with `EBADF`. */
export interface TunHandle extends ReadHandle {
  /** The interface's name in the kernel. */
  readonly name: string;
  /** Sets MTU, address (4 or 16 bytes; none when empty) and prefix length, and brings the interface up. */
  configure(address: Uint8Array, prefix: number, mtu: number): SystemCallFailure | undefined;
  /**
   * Tries the offloads of an interface that is up, gives those up that the kernel has but refuses, and asks for super-packets
   * of no more than `segments` packets. A sum of `OFFLOAD`.
   */
  offload(segments: number): number;
  /**
   * Begins to read; called once. At each wake packets are put into `arena`, those of one flow behind each other as a train,
   * and `index` gets `TUN_INDEX_WORDS` numbers a train; then `wake` is called once. The arrays belong to the handle until
   * it is closed. `arena` must hold two of the largest IP packets (65,535 bytes), `scratch` one and 10 bytes; packets that
   * find no room wait in the kernel for the next wake. `trainMax` bounds trains of packets that the kernel gave singly.
   */
  start(
    arena: Uint8Array,
    index: Uint32Array,
    scratch: Uint8Array,
    trainMax: number,
    onRead: OnTunRead,
  ): SystemCallFailure | undefined;
  /**
   * Hands packets to the kernel: `count` rows of which `train` is the first, as `Train` has them. Returns an errno, or 0.
   * `written` gets the packets and bytes that were taken, in how many super-packets besides, and the packets that were
   * refused.
   */
  write(
    train: Uint8Array,
    stride: number,
    count: number,
    lastAt: number,
    lastLength: number,
    written: Uint32Array,
  ): number;
  /**
   * From now on a packet that comes alone may go between this device and that socket past JavaScript, as one like it has gone
   * before. `words` has `SHORTCUT.words` numbers, `counts` `SHORTCUT.counts`, all zero. Before `wake` is called for what may be
   * remembered, `lesson` of `words` becomes its number, from 1; if `learnt` is that number when `wake` returns, and it sent or
   * wrote the packet, once and unchanged, then that is remembered until `epoch` changes. While `blocked` is not 0, or the
   * monotonic clock is beyond the first of `counts`, in nanoseconds, nothing takes the way. The rest of `counts` is of each
   * number how many have, and when the last did. False where there can be none.
   */
  flowCache(udp: UdpHandle, words: Uint32Array, counts: Float64Array): boolean;
  /**
   * Reads at once, as if the event loop had found it readable, unless it has read within the last millisecond. Not while `wake`
   * has left some of what was read, nor in the middle of what may be remembered.
   */
  poll(): void;
  /** Calls `closed` once the interface is gone. */
  close(closed: () => void): void;
}

/**
 * Takes `count` trains; true when it has left some. `unfit` packets were none. An `errno` other than 0 is why there will be no
 * more.
 */
export type OnTunRead = (count: number, errno: number, unfit: number) => boolean;

/** Of a train in an index: where it begins, the length of its rows, their stride, their number, the length of the last. */
export const TUN_INDEX_WORDS = 5;

/** The words of shortcuts by their place, and how much memory they need. */
export const FLOW_CACHE = { epoch: 0, blocked: 1, recording: 2, recorded: 3, words: 4, counts: 257 } as const;

/** What `offload` adds up. */
export const OFFLOAD = { tcp: 1, udp: 2 } as const;

/** Why there is no addon, for the user. */
export interface Missing {
  readonly missing: string;
}

interface Addon extends Native {
  readonly contract: number;
}

/** The same number as in addon.c: another one was built from other sources than these. */
const CONTRACT = 13;

const ADDON: URL = new URL("build/mosaic.node", import.meta.url);
const REMEDY = "`sh native/build.sh` builds it where there is a C compiler";

let loaded: Native | Missing | undefined;

/** The addon, loaded at the first call. */
export function loadNative(): Native | Missing {
  loaded ??= load(fileURLToPath(ADDON));
  return loaded;
}

function load(path: string): Native | Missing {
  if (!existsSync(path)) return { missing: `the native addon is not built; ${REMEDY}` };
  try {
    const addon = createRequire(import.meta.url)(path) as Addon;
    return addon.contract === CONTRACT ? addon : { missing: `the native addon is out of date; ${REMEDY}` };
  } catch (error) {
    return { missing: `the native addon does not load (${firstLine(error)}); ${REMEDY}` };
  }
}

function firstLine(error: unknown): string {
  return String(error instanceof Error ? error.message : error).replace(/\n[^]*/, "");
}
