/**
 * TypeScript interface of the C addon, and its loader. runtime/device opens handles here; each handle is a struct of tun.c or udp.c. The
 * numbers below must match the headers of the same names in this folder; CONTRACT shows whether the built addon was built from them.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/**
 * The C addon: functions of the kernel for which Node.js has no API. None of them throws. An array that is passed to a handle stays in use
 * until the handle is closed: the caller must not resize or transfer it. Callbacks run on the thread of the event loop, never from within a
 * call other than `poll` and `resume`.
 */
export interface Native {
  /**
   * Opens a TUN interface, which is down and has no address. A `%d` in the name becomes the first free number. With `offload`
   * the interface carries super-packets in both directions if the kernel can do that.
   */
  openTun(name: string, offload: boolean, isTap: boolean): TunHandle | SystemCallFailure;
  /**
   * Returns a table of links and sessions, or the reason why there is none: a Node.js that does not export OpenSSL. It writes `counts`, one
   * number for each member of `LINK_COUNTS`, and `seals`, which has `LINKS_MAX + 1` words: 1 for each link that can seal, otherwise 0.
   */
  openLinks(counts: Float64Array, seals: Uint32Array): LinksHandle | string;
  /**
   * Opens and binds a UDP socket. With `gso` one system call sends several datagrams of one length; with `gro` one system call receives
   * several. Both need an offload of the kernel, and a successful trial on the loopback interface. `packets` are the wire hashes of the
   * five kinds of tuple that carry a device packet: datagrams without such a tuple wait in a separate queue, which is read first. If
   * `packets` is empty, all datagrams wait in one queue. `trafficClass` is the DSCP and ECN field of datagrams that are sent without
   * another one, such as path probes. With `shares` the socket may have the port of another socket of this process, at another address, if
   * that socket has a separate queue.
   */
  openUdp(
    address: Uint8Array,
    gso: boolean,
    gro: boolean,
    packets: Uint32Array,
    trafficClass: number,
    shares: boolean,
  ): UdpHandle | SystemCallFailure;
  /** Returns the socket address of a numeric host, which may have a zone, and a port; undefined for any other host. */
  socketAddress(host: string, port: number): Uint8Array | undefined;
  /** Returns the host of a socket address as text. */
  hostText(address: Uint8Array): string;
  /** Returns the source address from which this host sends to a socket address, as text; empty without a route. */
  sourceHost(address: Uint8Array): string;
  /** Opens a netlink socket, which reports changes of the addresses or routes of the host. */
  openNetlink(): NetlinkHandle | SystemCallFailure;
  /** Returns the netlink messages about all devices, then those about all addresses (rtnetlink(7)). */
  netlinkDump(): Uint8Array | SystemCallFailure;
  /** Returns the path MTU to a socket address as the kernel knows it, in bytes of an IP packet; 0 without a route. */
  pathMtu(address: Uint8Array): number;
  /**
   * Takes from all threads of the process, for good, the means to get privileges and the system calls that a running node does not need
   * (confine.c): those then fail with EPERM. Returns an errno, or 0.
   */
  confine(): number;
  /**
   * Sends one datagram to the Unix socket at `path`; a path that begins with `@` is abstract. Returns an errno, or 0.
   * A message has at most 1024 bytes.
   */
  notify(path: string, message: string): number;
  /**
   * Returns mac1, the first authenticator of messages of the handshake: BLAKE2s with a key of 32 bytes and 16 bytes of result. Undefined if
   * the key has another length or this Node.js exports no OpenSSL.
   */
  mac(key: Uint8Array, bytes: Uint8Array): Uint8Array | undefined;
  /**
   * AES-GCM by the OpenSSL of Node.js: keys of 16 or 32 bytes, nonces of 12. Writes the ciphertext of `plain` and the tag of 16 bytes to
   * `sealed`, whose length must be the sum of theirs. Returns undefined if the lengths do not fit or this Node.js exports no OpenSSL.
   */
  seal(
    key: Uint8Array,
    nonce: Uint8Array,
    plain: Uint8Array,
    extra: Uint8Array,
    sealed: Uint8Array,
  ): boolean | undefined;
  /** The inverse of `seal`. Returns false if one of the arguments differs; `plain` then has undefined content. */
  open(
    key: Uint8Array,
    nonce: Uint8Array,
    sealed: Uint8Array,
    extra: Uint8Array,
    plain: Uint8Array,
  ): boolean | undefined;
  /**
   * Calls `open` for each of the `count` segments of which `sealed` is the first, laid out as in `Train`, with nonces laid out in the same
   * way. Writes the results to `plain`, one after the other. Returns the number of calls that returned true.
   */
  openTrain(
    key: Uint8Array,
    nonces: Uint8Array,
    nonceStride: number,
    nonceLastAt: number,
    sealed: Uint8Array,
    stride: number,
    count: number,
    lastAt: number,
    lastLength: number,
    extra: Uint8Array,
    plain: Uint8Array,
  ): number | undefined;
}

/**
 * The common part of TunHandle and UdpHandle. A read cycle starts when the event loop finds the descriptor readable: the addon reads, and
 * calls `onRead` once.
 */
interface ReadHandle {
  /**
   * Calls `onRead` once more, with zeros. If a call of `onRead` returned true, it has a backlog: then the caller must call `resume` later,
   * and nothing is read until a call of `onRead` returns false.
   */
  resume(): void;
  /**
   * Returns the number of read cycles, the number of read cycles above 5 ms of thread CPU time, and the duration of the longest in seconds.
   */
  readCycles(): readonly [count: number, overBudget: number, longest: number];
}

/** An open netlink socket. After `close` no other method may be called. */
export interface NetlinkHandle {
  /**
   * Starts reading. To be called once. `onChange` is called once per read cycle with a sum of `HOST_CHANGE`. If the kernel has dropped
   * notifications, it is called with the sum of all.
   */
  start(onChange: (changes: number) => void): SystemCallFailure | undefined;
  /** Closes the socket, then calls `closed`. */
  close(closed: () => void): void;
}

/** Bits of the changes that `NetlinkHandle` reports: devices or their addresses, routes. */
export const HOST_CHANGE = { addresses: 1, routes: 2 } as const;

/** An open UDP socket. After `close` no other method may be called. */
export interface UdpHandle extends ReadHandle {
  /** The socket address to which the socket is bound. */
  readonly address: Uint8Array;
  readonly gso: boolean;
  readonly gro: boolean;
  /** Whether the kernel puts datagrams without device packets into a separate queue. */
  readonly control: boolean;
  /**
   * Sets the memory for sending. To be called once, before anything is sent. `queue` holds destinations of `DESTINATION_BYTES` bytes, each
   * followed by a datagram: a socket address, padded with zeros to `ADDRESS_BYTES`, and the number of a link, a word in the byte order of
   * the machine. Unless the number is 0, the datagram is sealed and goes to the endpoint of the link. `queued` has `UDP_QUEUED_WORDS`
   * numbers per datagram of `sendQueued`: the offset of its destination in `queue`, a multiple of 4, the length of the datagram, and its
   * traffic class (one byte: DSCP and ECN field). Every send writes `sent`, which has a word for each member of `SENT`.
   */
  prepare(queue: Uint8Array, queued: Uint32Array, sent: Uint32Array): SystemCallFailure | undefined;
  /**
   * Starts reading. To be called once. `arena` consists of slots of 64 KiB. A read cycle fills slots, combines datagrams of one sender,
   * length and traffic class into trains of up to `trainMax`, writes `UDP_INDEX_WORDS` numbers per train to `index`, and calls `onRead`.
   * The first `UDP_CONTROL_SLOTS` slots and `UDP_CONTROL_ENTRIES` entries are for datagrams without packets of devices. The other entries
   * are `UDP_SPARE_ENTRIES` more than the other slots.
   */
  start(arena: Uint8Array, index: Uint32Array, trainMax: number, onRead: OnUdpRead): SystemCallFailure | undefined;
  /**
   * Sends one datagram per segment of a train: head, segment, tail. The destination and the four parts, whose lengths are the
   * first arguments, stand at the start of `queue`, one after the other. Returns an errno, or 0.
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
    trafficClass: number,
    gso: boolean,
  ): number;
  /** Sends the first `count` datagrams of the queue. Returns an errno, or 0. */
  sendQueued(count: number, gso: boolean): number;
  /**
   * Sends a datagram that is not fragmented anywhere, sealed unless `link` is 0. Returns an errno, or 0; EMSGSIZE when the interface's MTU
   * is too small.
   */
  probe(to: Uint8Array, link: number, bytes: Uint8Array): number;
  /** Sends a message of the handshake, as it is. Returns an errno, or 0. */
  sendPlain(to: Uint8Array, link: 0, bytes: Uint8Array): number;
  /**
   * Uses the sessions of `links` from now on. To be called once. The socket then receives only datagrams that one of the sessions opens,
   * and messages of the handshake with a right first authenticator. All others are counted and dropped. Returns an errno, or 0.
   */
  guard(links: LinksHandle): number;
  /** Closes the socket, then calls `closed`. */
  close(closed: () => void): void;
}

/**
 * Processes `control` trains from the first slots and `count` trains from the other ones. Returns true if it has not processed all of them
 * (a backlog). `errno` is a pending error of the socket, or 0; the socket continues to work.
 */
export type OnUdpRead = (control: number, count: number, errno: number) => boolean;

/**
 * Words of an index entry: the train's offset in the arena, then length, stride, count, `lastAt` and `lastLength` of its
 * segments; from `UDP_INDEX_ADDRESS` on the sender's socket address; then the length of the common prefix of all segments of
 * full length, the traffic class of all datagrams of the train, and their link; 0 for datagrams outside of links.
 */
export const UDP_INDEX_WORDS = 16;
export const UDP_INDEX_ADDRESS = 6;
export const UDP_INDEX_COMMON_PREFIX = 13;
export const UDP_INDEX_TRAFFIC_CLASS = 14;
export const UDP_INDEX_LINK = 15;
export const UDP_QUEUED_WORDS = 3;
export const UDP_SLOT_BYTES = 65_536;
export const UDP_CONTROL_SLOTS = 8;
export const UDP_SPARE_ENTRIES = 128;
export const UDP_CONTROL_ENTRIES: number = UDP_CONTROL_SLOTS + UDP_SPARE_ENTRIES;
export const ADDRESS_BYTES = 28;
export const DESTINATION_BYTES = 32;

/**
 * Result words of a send: datagrams and bytes that left, datagrams that failed, calls that used GSO, the errno with which the
 * kernel refused GSO, and whether the socket still has GSO.
 */
export const SENT = { datagrams: 0, bytes: 1, failed: 2, segmented: 3, segmentErrno: 4, gso: 5 } as const;

/**
 * Links to peers and their sessions (native/sessions.h). A link is a number from 1 to `LINKS_MAX` that the caller chooses. A key id is a
 * number from 1 to 2^32 - 1. Errors are errnos.
 */
export interface LinksHandle {
  /** Sets the key of mac1, the first authenticator of messages of the handshake: 32 bytes. Without a key they are all dropped. */
  setMacKey(key: Uint8Array): number;
  /** Sets the socket address to which the datagrams of a link go. Creates the link if there is none. */
  setEndpoint(link: number, address: Uint8Array): number;
  /**
   * Adds a session to a link. `id` is the key id of datagrams to this node, `peerId` that of datagrams to the peer. Keys have 32 bytes.
   * A confirmed session seals at once; any other one when the first datagram has been opened by it, if it is newer than the one that seals.
   */
  addSession(
    link: number,
    id: number,
    peerId: number,
    cipher: LinkCipher,
    sealKey: Uint8Array,
    openKey: Uint8Array,
    isConfirmed: boolean,
  ): number;
  removeSession(id: number): void;
  /** Removes a link and its sessions. */
  removeLink(link: number): void;
  /** Lets a link seal with one of its sessions. Returns false if it has no such session. */
  sealWith(link: number, id: number): boolean;
  /** Writes a number for each member of `LINK_STATE`, and returns the endpoint; undefined if there is no such link. */
  state(link: number, numbers: Float64Array): Uint8Array | undefined;
  /**
   * Seals `count` datagrams, of which `train` is the first, laid out as in `Train`, and writes them to `sealed`, one after the other.
   * Returns the number of bytes written; 0 if the link cannot seal or `sealed` is too short.
   */
  seal(
    link: number,
    train: Uint8Array,
    stride: number,
    count: number,
    lastAt: number,
    lastLength: number,
    isBulk: boolean,
    sealed: Uint8Array,
  ): number;
  /**
   * Opens a datagram in place, as if a socket had received it from a socket address. Returns its link, 0 for a message of the handshake, -1
   * if it must be dropped. The plain datagram begins at byte `SEALED.plainAt` and is `SEALED.extra` bytes shorter.
   */
  open(datagram: Uint8Array, from: Uint8Array): number;
}

export const LINKS_MAX = 16_383;

/** Ciphers of a session. */
export const LINK_CIPHERS = { "aes-256-gcm": 0, "chacha20-poly1305": 1 } as const;
export type LinkCipher = (typeof LINK_CIPHERS)[keyof typeof LINK_CIPHERS];

/** Offset of the plain datagram in an opened one, and the number of bytes that sealing adds. */
export const SEALED = { plainAt: 12, extra: 28 } as const;

/**
 * Numbers of datagrams by outcome. `overrun`: trains of too many links lay in one slot. `confirmed`: sessions whose first datagram was
 * opened. `moved`: changes of an endpoint by a datagram from elsewhere.
 */
export const LINK_COUNTS = {
  sealed: 0,
  opened: 1,
  forged: 2,
  replayed: 3,
  unknownKey: 4,
  unsealed: 5,
  wrongMac: 6,
  overrun: 7,
  confirmed: 8,
  moved: 9,
} as const;

/**
 * Key id of the session that seals, 0 if there is none; the number of datagrams that it has sealed; times of the last datagram sealed and
 * opened, in monotonic nanoseconds, 0 if there was none.
 */
export const LINK_STATE = { id: 0, sealed: 1, sealedAt: 2, openedAt: 3 } as const;

/** A failed system call: its errno, and the name of the call or ioctl. */
export interface SystemCallFailure {
  readonly errno: number;
  readonly call: string;
}

/** An open TUN interface. After `close` every other method fails with `EBADF`. */
export interface TunHandle extends ReadHandle {
  /** The interface's name in the kernel. */
  readonly name: string;
  /** Sets MTU, address (4 or 16 bytes; none when empty) and prefix length, and brings the interface up. */
  configure(address: Uint8Array, prefix: number, mtu: number): SystemCallFailure | undefined;
  /** Whether the interface exists and is up. */
  isUp(): boolean;
  /** Sets the MTU alone. */
  setMtu(mtu: number): SystemCallFailure | undefined;
  /**
   * Tests the offloads of an interface that is up, disables the offloads that fail, and limits super-packets of the kernel to `segments`
   * packets. Returns the remaining offloads, as a sum of `OFFLOAD`.
   */
  offload(segments: number): number;
  /**
   * Starts reading. To be called once. A read cycle writes packets to `arena`, combines packets of one flow into trains, writes
   * `TUN_INDEX_WORDS` numbers per train to `index`, and calls `onRead`. `arena` must have room for two of the largest IP packets (65,535
   * bytes), and `scratch` for one of them and 10 bytes more. Before each packet in `arena` there are `TUN_HEADROOM` free bytes. Packets for
   * which there is no room wait in the kernel. `trainMax` bounds trains of packets that the kernel delivered one by one.
   */
  start(
    arena: Uint8Array,
    index: Uint32Array,
    scratch: Uint8Array,
    trainMax: number,
    onRead: OnTunRead,
  ): SystemCallFailure | undefined;
  /**
   * Writes packets to the kernel: `count` segments of which `train` is the first, laid out as in `Train`. Returns an errno, or
   * 0. `written` gets the packets and bytes that the kernel accepted, the super-packets among the writes, and the packets that
   * it refused.
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
   * Creates a flow cache between this interface and a socket. Returns false when the cache cannot be created. From then on a packet that is
   * alone in its read cycle and hits the cache does not reach JavaScript.
   *
   * `words` and `counts` are shared memory of `FLOW_CACHE.words` and `FLOW_CACHE.counts` zeros. Before an `onRead` that may be cached, the
   * addon sets word `recording` to the number of the entry, from 1 on. To have the run cached, the caller sets `recorded` to that number
   * before `onRead` returns. The addon then stores the run, if the packet left in the run exactly once and unchanged. The entry is valid
   * until word `epoch` changes, or the monotonic clock passes `counts[0]`, in nanoseconds. No entry hits while `blocked` is not 0. The
   * other `counts` are, per entry, the number of hits and the time of the last one.
   */
  flowCache(udp: UdpHandle, words: Uint32Array, counts: Float64Array): boolean;
  /**
   * Starts a read cycle at once, unless one ended within the last millisecond. Does nothing while `onRead` has a backlog, or
   * while a run is recorded for the flow cache.
   */
  poll(): void;
  /** Closes the interface, then calls `closed`. */
  close(closed: () => void): void;
}

/**
 * Processes `count` trains. Returns true if it has not processed all of them (a backlog). `unfit` is the number of reads that gave no
 * packet. An `errno` other than 0 is final: nothing will be read any more.
 */
export type OnTunRead = (count: number, errno: number, unfit: number) => boolean;

/** Words of an index entry: the train's offset in the arena, then length, stride, count and `lastLength` of its segments. */
export const TUN_INDEX_WORDS = 5;

/** Free bytes before each packet of a device in its arena. */
export const TUN_HEADROOM = 32;

/** Indexes of the words shared with a flow cache, and the lengths of both arrays. */
export const FLOW_CACHE = { epoch: 0, blocked: 1, recording: 2, recorded: 3, words: 4, counts: 257 } as const;

/** Bits of the result of `offload`. */
export const OFFLOAD = { tcp: 1, udp: 2 } as const;

/** The reason why there is no addon, as text for the user. */
export interface Missing {
  readonly missing: string;
}

interface Addon extends Native {
  readonly contract: number;
}

/** Version of the interface, the same as in addon.c. An addon with another version was built from other sources. */
const CONTRACT = 20;

const ADDON: URL = new URL("build/mosaic.node", import.meta.url);
const REMEDY = "`sh native/build.sh` builds it where there is a C compiler";

let loaded: Native | Missing | undefined;

/** Returns the addon, which is loaded at the first call. */
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
