/**
 * Datagrams over one UDP socket of the addon, several per system call.
 *
 * Inbound: native/udp.c reads the socket and calls `#onRead` once per read cycle -> Backlog takes its trains one by one -> `#take` turns
 * each into a datagram or a `Train` -> the receiver, which is NetworkIn.
 * Outbound: NetworkOut -> `send` copies a datagram into the send queue, and `#flush` sends the queue when the I/O batch ends; `sendTrain`
 * sends a train at once, after the queue, so that order is kept. With links the addon seals each datagram for its peer and opens those that
 * arrive; a datagram for a peer without a session goes back to the link layer.
 *
 * Memory: the arena of received bytes belongs to the addon between read cycles. Bytes given to a receiver are valid until the receiver
 * returns. Sent bytes have been copied when `send` and `sendTrain` return. All lengths are in bytes.
 */
import { performance } from "node:perf_hooks";
import { constants } from "node:os";
import { errnoName } from "../../native/errno.ts";
import {
  DESTINATION_BYTES,
  type Native,
  SEALED,
  SENT,
  UDP_CONTROL_ENTRIES,
  UDP_CONTROL_SLOTS,
  UDP_INDEX_ADDRESS,
  UDP_INDEX_COMMON_PREFIX,
  UDP_INDEX_LINK,
  UDP_INDEX_TRAFFIC_CLASS,
  UDP_INDEX_WORDS,
  UDP_QUEUED_WORDS,
  UDP_SLOT_BYTES,
  UDP_SPARE_ENTRIES,
  type UdpHandle,
} from "../../native/index.ts";
import { Train } from "../plan/values/train.ts";
import { type Dscp, outerTrafficClass } from "./dscp.ts";
import { DEVICE_FRAMES, DEVICE_PACKETS } from "../wire/device-packet.ts";
import { type DatagramTrain, datagramsOf } from "../wire/datagram-train.ts";
import type { Datagram, DatagramCounters, DatagramOffload, Datagrams, ReadCycles, SendQueue } from "../world/world.ts";
import { formatHostPort, unmapped } from "../plan/values/host-port.ts";
import { Backlog } from "./backlog.ts";
import { Destinations, type OnResolved, type Family, type KnownDestination, type Resolve } from "./destinations.ts";
import { hasRoute, unfragmentedPayload } from "./path-mtu.ts";
import { HEADER_BYTES } from "../wire/header.ts";
import { readCyclesOf } from "./read-cycles.ts";
import { LinuxFlowCache } from "./linux-flow-cache.ts";
import type { LinkedPeer } from "../world/links.ts";
import type { NativeLinks } from "./native-links.ts";
import { SenderNames } from "./sender-names.ts";
import { IoBatch } from "./io-batch.ts";
import { longestByTarget, type SendTarget, SendTargets } from "./send-targets.ts";

export interface NativeDatagramsOptions {
  readonly family: Family;
  readonly maxPayload: number;
  readonly resolve: Resolve;
  readonly trains?: boolean;
  readonly gso?: boolean;
  readonly gro?: boolean;
  /** Whether datagrams without a packet of the device are received on a queue of their own. True by default. */
  readonly steers?: boolean;
  /** Greatest number of datagrams, or trains joined by the kernel, that one read cycle receives. 64 by default. */
  readonly slots?: number;
  /** DSCP of the datagrams. 0 by default. */
  readonly dscp?: Dscp;
  /** Receives a message when the socket lacks a wanted offload, or gives one up. */
  readonly onAdapted?: (message: string) => void;
  /** The I/O batch that all devices of the node share. A new one by default. */
  readonly ioBatch?: IoBatch;
  /** The flow cache of the node. None by default. */
  readonly flowCache?: LinuxFlowCache | undefined;
  /** Links to the peers, which datagrams are sealed for. By default datagrams are not sealed. */
  readonly links?: NativeLinks | undefined;
}

export type NativeDatagramsResult =
  | { readonly ok: true; readonly datagrams: MovableDatagrams }
  | { readonly ok: false; readonly code: string };

/** Datagrams whose socket can be replaced. */
export interface MovableDatagrams extends Datagrams {
  /**
   * Moves to a new socket at another address; `host` is numeric. Opens the new socket, then closes the previous one. Datagrams that nobody
   * has read from the previous socket are lost. If the new socket cannot be opened, resolves with the code of the error, and nothing has
   * changed.
   */
  moveTo(host: string, port: number, family: Family): Promise<string | undefined>;
}

/**
 * Number of slots for one read cycle, besides the control slots. The control slots come first. They are for datagrams without a device
 * packet, which the kernel puts into a separate socket buffer. Slots that are never filled cost no memory, only address space.
 */
const SLOTS = 64;

const PACKETS: Uint32Array = Uint32Array.from([...DEVICE_PACKETS, ...DEVICE_FRAMES]);
const NO_PACKETS: Uint32Array = new Uint32Array(0);
/** Greatest number of datagrams of a train: as many as one system call sends. */
const TRAIN_MAX = 64;
const CONTROL_BYTES = UDP_CONTROL_SLOTS * UDP_SLOT_BYTES;

/** Bounds of the send queue, in bytes and datagrams. A full queue is flushed. */
const QUEUE_BYTES = 256 << 10;
const QUEUE_MAX = 256;
const LENGTH_MAX = 65_535;

/** Greatest number of datagrams that wait for the lookup of one name. */
const WAITING_MAX = 64;

/** The only error of a send that depends on the length of the datagrams. */
const { EMSGSIZE } = constants.errno;

/** Time for which the MTU of a path is used before the kernel is asked for it again. */
const ASK_MTU_MS = 1_000;

/** Time after which GSO is tried again on a path that refused it. */
const RETRY_MS = 60_000;

/** Opens a socket of the addon. The host is numeric. */
export function openNativeDatagrams(
  native: Native,
  host: string,
  port: number,
  options: NativeDatagramsOptions,
): NativeDatagramsResult {
  const handle = openHandle(native, host, port, options, false);
  if (typeof handle === "string") return { ok: false, code: handle };
  return { ok: true, datagrams: new NativeDatagrams(native, handle, options) };
}

/** Opens a socket and returns its handle, or the code of the error if the socket cannot be opened. */
function openHandle(
  native: Native,
  host: string,
  port: number,
  options: NativeDatagramsOptions,
  shares: boolean,
): UdpHandle | string {
  const address = native.socketAddress(host, port);
  if (address === undefined) return "EADDRNOTAVAIL";
  const { trains = false, gso = true, gro = true, steers = true, dscp = 0 } = options;
  const packets = steers ? PACKETS : NO_PACKETS;
  const handle = native.openUdp(address, gso, trains && gro, packets, outerTrafficClass(dscp, 0), shares);
  if ("errno" in handle) return errnoName(handle.errno);
  const why = "the kernel lacks it, or a trial on the loopback interface failed (it must be up)";
  if (gso && !handle.gso) options.onAdapted?.(`datagrams are sent one by one, without UDP GSO: ${why}`);
  if (trains && gro && !handle.gro) options.onAdapted?.(`datagrams are received one by one, without UDP GRO: ${why}`);
  return handle;
}

class NativeDatagrams implements MovableDatagrams {
  address: string;
  readonly copies: boolean = true;
  readonly maxPayload: number;
  readonly counters: DatagramCounters = { sent: 0, sentBytes: 0, received: 0, receivedBytes: 0, failed: new Map() };
  readonly #native: Native;
  #handle: UdpHandle;
  /** Bound functions: V8 would discard the code that the warm-up compiled if the calls went to another handle. */
  #sendQueued: UdpHandle["sendQueued"];
  #sendTrain: UdpHandle["sendTrain"];
  /** Read cycles of the sockets before the present one. */
  #cyclesBefore: ReadCycles = { count: 0, overBudget: 0, longest: 0 };
  readonly #options: NativeDatagramsOptions;
  readonly #dscp: Dscp;
  readonly #ioBatch: IoBatch;
  readonly #flowCache: LinuxFlowCache;
  #family: Family;
  #destinations: Destinations;
  readonly #targets: SendTargets;
  readonly #links: NativeLinks | undefined;
  /** Bytes by which datagrams are longer than in plain. */
  readonly #sealing: number;
  readonly #senders: SenderNames;
  readonly #queue: Uint8Array = new Uint8Array(QUEUE_BYTES);
  readonly #offsets: Uint32Array = new Uint32Array(UDP_QUEUED_WORDS * QUEUE_MAX);
  readonly #sent: Uint32Array = new Uint32Array(Object.keys(SENT).length);
  readonly #index: Uint32Array;
  readonly #memory: ArrayBuffer;
  /** Takes the trains of the control slots first, then all other trains. */
  readonly #backlog: Backlog = new Backlog((at) => {
    this.#take(at < this.#controlTrains ? at : at - this.#controlTrains + UDP_CONTROL_ENTRIES);
  });
  readonly #refusals = new Map<string, number>();
  /** Targets of the datagrams in the send queue, by index. */
  #queued: SendTarget[] = [];
  #queuedBytes = 0;
  #gso: boolean;
  #segmented = 0;
  #joined = 0;
  #control = 0;
  /** Number of trains of the read cycle that are in the control slots. */
  #controlTrains = 0;
  #closed: Promise<void> | undefined;
  readonly #flushNow = (): void => this.#flush();
  #receive: ((datagram: Datagram) => void) | undefined;

  constructor(native: Native, handle: UdpHandle, options: NativeDatagramsOptions) {
    this.#native = native;
    this.#handle = handle;
    this.#sendQueued = handle.sendQueued.bind(handle);
    this.#sendTrain = handle.sendTrain.bind(handle);
    this.#options = options;
    this.#dscp = options.dscp ?? 0;
    const slots = UDP_CONTROL_SLOTS + (options.slots ?? SLOTS);
    this.#index = new Uint32Array((slots + 2 * UDP_SPARE_ENTRIES) * UDP_INDEX_WORDS);
    this.#memory = new ArrayBuffer(slots * UDP_SLOT_BYTES);
    this.#ioBatch = options.ioBatch ?? new IoBatch();
    this.#flowCache = options.flowCache ?? new LinuxFlowCache();
    this.#gso = handle.gso;
    this.#senders = new SenderNames(native);
    this.#targets = new SendTargets(native);
    this.address = this.#nameOf(handle);
    this.#links = options.links;
    this.#sealing = this.#links === undefined ? 0 : SEALED.extra;
    this.maxPayload = options.maxPayload - this.#sealing;
    this.#family = options.family;
    this.#links?.onRemoved(() => this.#flowCache.flush());
    this.#destinations = this.#newDestinations();
    this.#prepare();
  }

  #nameOf(handle: UdpHandle): string {
    return this.#senders.nameOf(handle.address);
  }

  #newDestinations(): Destinations {
    const forward: OnResolved = (waiting, destination) => {
      for (const { bytes, trafficClass } of waiting) this.#forward(destination, bytes, trafficClass);
    };
    return new Destinations(this.#family, this.#options.resolve, forward, {
      hasRoute: (to, port) => hasRoute(this.#native, to, port),
      onMoved: this.#options.onAdapted,
    });
  }

  #prepare(): void {
    const refusal = this.#handle.prepare(this.#queue, this.#offsets, this.#sent);
    if (refusal !== undefined) this.#fail(errnoName(refusal.errno));
    if (this.#links === undefined) return;
    this.#links.useFamily(this.#family);
    const errno = this.#handle.guard(this.#links.handle);
    if (errno !== 0) throw new Error(`the addon refuses the links: ${errnoName(errno)}`);
  }

  async moveTo(host: string, port: number, family: Family): Promise<string | undefined> {
    if (this.#closed !== undefined) return "EBADF";
    if (formatHostPort(unmapped(host), port) === this.address) return undefined;
    const handle = openHandle(this.#native, host, port, this.#options, this.address.endsWith(`:${port}`));
    if (typeof handle === "string") return handle;
    this.#flush();
    this.#finishBacklog();
    this.#flowCache.countHits();
    this.#flowCache.flush();
    this.#cyclesBefore = this.readCycles;
    const previous = this.#handle;
    const closed = new Promise<void>((resolve) => previous.close(resolve));
    this.#handle = handle;
    this.#sendQueued = handle.sendQueued.bind(handle);
    this.#sendTrain = handle.sendTrain.bind(handle);
    this.#gso = handle.gso;
    this.address = this.#nameOf(handle);
    if (family !== this.#family) {
      this.#family = family;
      this.#destinations = this.#newDestinations();
    }
    this.#prepare();
    if (this.#receive !== undefined) this.#start();
    await closed;
    return undefined;
  }

  /** Delivers the trains that the present socket has received, because the next socket uses the same memory. */
  #finishBacklog(): void {
    this.#ioBatch.begin();
    while (this.#backlog.isLeft) this.#backlog.run();
    this.#ioBatch.end();
  }

  get offload(): DatagramOffload {
    return {
      segments: this.#gso,
      joins: this.#handle.gro,
      segmented: this.#segmented,
      joined: this.#joined,
      steers: this.#handle.control,
      control: this.#control,
      refusals: this.#refusals,
    };
  }

  get readCycles(): ReadCycles {
    const { count, overBudget, longest } = readCyclesOf(this.#handle);
    const before = this.#cyclesBefore;
    return {
      count: before.count + count,
      overBudget: before.overBudget + overBudget,
      longest: Math.max(before.longest, longest),
    };
  }

  get queue(): SendQueue {
    return { length: this.#queuedBytes, limit: QUEUE_BYTES };
  }

  refusal(to: string): string | undefined {
    return this.#destinations.refusal(to);
  }

  numeric(to: string): string | undefined {
    return this.#links === undefined ? this.#destinations.numeric(to) : this.#links.sealing(to)?.name;
  }

  unanswered(to: string): void {
    this.#destinations.noteSilence(to);
  }

  onDatagram(receive: (datagram: Datagram) => void): void {
    const isStarted = this.#receive !== undefined;
    this.#receive = receive;
    if (!isStarted) this.#start();
  }

  #start(): void {
    const trainMax = this.#options.trains === true ? TRAIN_MAX : 1;
    const refusal = this.#handle.start(new Uint8Array(this.#memory), this.#index, trainMax, (control, count, errno) =>
      this.#onRead(control, count, errno),
    );
    if (refusal !== undefined) return this.#fail(errnoName(refusal.errno));
    this.#flowCache.attachUdp(this.#handle);
  }

  send(to: string, bytes: Uint8Array, trafficClass: number = 0): void {
    if (bytes.length > this.maxPayload) return this.#fail("too long");
    if (this.#closed !== undefined) return this.#fail("closed");
    if (this.#links !== undefined) return this.#seal(this.#links, to, bytes, trafficClass);
    this.#forward(this.#destinations.find(to), bytes, trafficClass);
  }

  #seal(links: NativeLinks, to: string, bytes: Uint8Array, trafficClass: number): void {
    const peer = links.sealing(to);
    if (peer === undefined) links.handBack(to, bytes, trafficClass);
    else this.#enqueue(this.#targets.find(peer), bytes, trafficClass);
  }

  sendTrain(to: string, train: DatagramTrain, trafficClass: number = 0): void {
    const destination = this.#ready(to);
    if (destination === undefined) {
      for (const bytes of datagramsOf(train)) this.send(to, bytes, trafficClass);
      return;
    }
    const target = this.#targets.find(destination);
    if (target === undefined) return this.#fail("bad address", train.train.count);
    this.#flush();
    this.#transmit(target, train, trafficClass);
  }

  /** Returns where datagrams for a location go if they can leave at once. */
  #ready(to: string): KnownDestination | LinkedPeer | undefined {
    if (this.#closed !== undefined) return undefined;
    if (this.#links !== undefined) return this.#links.sealing(to);
    const destination = this.#destinations.find(to);
    return destination.kind === "known" ? destination : undefined;
  }

  sendHandshake(to: string, bytes: Uint8Array): boolean {
    const destination = this.#closed === undefined ? this.#destinations.find(to) : undefined;
    if (destination?.kind === "resolving") return false;
    const target = destination?.kind === "known" ? this.#targets.find(destination) : undefined;
    if (target === undefined) {
      this.#fail(destination?.kind === "refused" ? destination.reason : "closed");
      return true;
    }
    this.#flush();
    const errno = this.#handle.sendPlain(target.address, 0, bytes);
    if (errno !== 0) this.#fail(errnoName(errno));
    else this.#countOne(bytes.length);
    return true;
  }

  probe(to: string, bytes: Uint8Array): boolean {
    const destination = this.#ready(to);
    const target = destination && this.#targets.find(destination);
    if (target === undefined) return true;
    const errno = this.#handle.probe(target.address, target.peer?.link ?? 0, bytes);
    if (errno === EMSGSIZE) return false;
    if (errno !== 0) this.#fail(errnoName(errno));
    else this.#countOne(bytes.length);
    return true;
  }

  unfragmented(to: string): number | undefined {
    const destination = this.#ready(to);
    const target = destination && this.#targets.find(destination);
    if (destination === undefined || target === undefined) return undefined;
    const now = performance.now();
    if (now < target.askAgainMs) return target.unfragmented;
    target.askAgainMs = now + ASK_MTU_MS;
    const at = "kind" in destination ? destination : this.#links?.endpointOf(destination);
    const payload = at && unfragmentedPayload(this.#native, unmapped(at.host), at.port);
    target.unfragmented = payload && payload - this.#sealing;
    return target.unfragmented;
  }

  #countOne(bytes: number): void {
    this.counters.sent++;
    this.counters.sentBytes += bytes;
  }

  async close(): Promise<void> {
    if (this.#closed === undefined) {
      this.#flush();
      this.#closed = new Promise((resolve) => this.#handle.close(resolve));
    }
    await this.#closed;
  }

  #forward(to: ReturnType<Destinations["find"]>, bytes: Uint8Array, trafficClass: number): void {
    switch (to.kind) {
      case "known":
        return this.#enqueue(this.#targets.find(to), bytes, trafficClass);
      case "refused":
        return this.#fail(to.reason);
      case "resolving":
        if (to.waiting.length < WAITING_MAX) to.waiting.push({ bytes: new Uint8Array(bytes), trafficClass });
        else this.#fail("unresolved");
    }
  }

  #enqueue(target: SendTarget | undefined, bytes: Uint8Array, trafficClass: number): void {
    if (this.#closed !== undefined) return this.#fail("closed");
    if (target === undefined) return this.#fail("bad address");
    if (bytes.length > LENGTH_MAX) return this.#fail("EMSGSIZE");
    const end = this.#queuedBytes + DESTINATION_BYTES + bytes.length;
    if (end > QUEUE_BYTES || this.#queued.length === QUEUE_MAX) this.#flush();
    const count = this.#queued.length;
    if (count === 0) {
      this.#flowCache.block("datagrams", true);
      this.#ioBatch.defer(this.#flushNow);
    }
    const at = this.#queuedBytes;
    this.#queue.set(target.bytes, at);
    this.#queue.set(bytes, at + DESTINATION_BYTES);
    const words = UDP_QUEUED_WORDS * count;
    this.#offsets[words] = at;
    this.#offsets[words + 1] = bytes.length;
    this.#offsets[words + 2] = outerTrafficClass(this.#dscp, trafficClass);
    this.#queued.push(target);
    this.#queuedBytes = (at + DESTINATION_BYTES + bytes.length + 3) & ~3;
  }

  #flush(): void {
    const count = this.#queued.length;
    if (count === 0) return;
    const offsets = this.#offsets;
    const isMixed = this.#queued.some(
      (target, at) => !this.#mayUseGso(target, offsets[UDP_QUEUED_WORDS * at + 1] as number),
    );
    const errno = this.#sendQueued(count, !isMixed);
    const refused = this.#countSent(errno);
    if (refused !== 0)
      this.#adapt(
        refused,
        longestByTarget(this.#queued, (at) => offsets[UDP_QUEUED_WORDS * at + 1] as number),
      );
    this.#queued = [];
    this.#queuedBytes = 0;
    this.#flowCache.block("datagrams", false);
  }

  /** Sends a train. The send queue must be empty, because its memory is used for the address and the bytes around the segments. */
  #transmit(target: SendTarget, { train, head, tail, lastHead, lastTail }: DatagramTrain, trafficClass: number): void {
    let at = DESTINATION_BYTES;
    this.#queue.set(target.bytes);
    for (const part of [head, tail, lastHead, lastTail]) {
      this.#queue.set(part, at);
      at += part.length;
    }
    const length = head.length + train.length + tail.length;
    const errno = this.#sendTrain(
      head.length,
      tail.length,
      lastHead.length,
      lastTail.length,
      train,
      train.stride,
      train.count,
      train.lastAt,
      train.lastLength,
      outerTrafficClass(this.#dscp, trafficClass),
      this.#mayUseGso(target, length),
    );
    const refused = this.#countSent(errno);
    if (refused !== 0) this.#adapt(refused, new Map([[target, length]]));
  }

  #mayUseGso(target: SendTarget, length: number): boolean {
    return this.#gso && (length < target.noGsoFrom || performance.now() >= target.noGsoUntilMs);
  }

  /** Counts the result of a send. Returns the errno with which the kernel refused GSO, or 0. */
  #countSent(errno: number): number {
    const sent = this.#sent;
    this.counters.sent += sent[SENT.datagrams] as number;
    this.counters.sentBytes += sent[SENT.bytes] as number;
    this.#segmented += sent[SENT.segmented] as number;
    if (errno !== 0) this.#fail(errnoName(errno), sent[SENT.failed]);
    return sent[SENT.segmentErrno] as number;
  }

  /**
   * Adapts to a refusal of GSO. EIO: the interface does not support GSO, so the socket gives it up. EMSGSIZE: the path does not support GSO
   * for datagrams of this length or more. Any other errno: the path does not support GSO. GSO is tried again on the path after `RETRY_MS`.
   */
  #adapt(errno: number, lengths: ReadonlyMap<SendTarget, number>): void {
    const reason = errnoName(errno);
    const gso = this.#sent[SENT.gso] !== 0;
    this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + 1);
    if (this.#gso && !gso) {
      this.#options.onAdapted?.(`the interface does not support UDP GSO (${reason}); datagrams are sent one by one`);
    }
    this.#gso = gso;
    if (!gso) return;
    const now = performance.now();
    for (const [target, length] of lengths) {
      if (target.noGsoUntilMs <= now) this.#reportPath(target, reason);
      target.noGsoUntilMs = now + RETRY_MS;
      target.noGsoFrom = errno === EMSGSIZE ? length : 0;
    }
  }

  #reportPath(target: SendTarget, reason: string): void {
    const name = target.peer?.name ?? this.#senders.nameOf(target.address);
    this.#options.onAdapted?.(
      `datagrams to ${name} are sent one by one: its path does not take UDP GSO of this size (${reason})`,
    );
  }

  /** Processes a read cycle, within a recording of the flow cache if the addon asks for one. Returns whether a backlog is left. */
  #onRead(control: number, count: number, errno: number): boolean {
    if (this.#flowCache.isRecording()) return this.#flowCache.record(() => this.#deliver(control, count, errno));
    return this.#deliver(control, count, errno);
  }

  #deliver(control: number, count: number, errno: number): boolean {
    this.#links?.reportChanges();
    this.#ioBatch.begin();
    if (control + count > 0) this.#controlTrains = control;
    this.#control += control;
    const hasBacklog = this.#backlog.run(control + count);
    this.#ioBatch.end();
    if (errno !== 0) this.#fail(errnoName(errno));
    const handle = this.#handle;
    if (hasBacklog) setImmediate(() => handle.resume());
    return hasBacklog;
  }

  #take(train: number): void {
    if (this.#closed !== undefined) return;
    const index = this.#index;
    const at = train * UDP_INDEX_WORDS;
    const offset = (index[at] as number) + (train < UDP_CONTROL_ENTRIES ? 0 : CONTROL_BYTES);
    const length = index[at + 1] as number;
    const stride = index[at + 2] as number;
    const count = index[at + 3] as number;
    const lastAt = index[at + 4] as number;
    const lastLength = index[at + 5] as number;
    this.counters.received += count;
    this.counters.receivedBytes += (count - 1) * length + lastLength;
    const buffer = this.#memory;
    if (count > 1) this.#joined++;
    const bytes =
      count > 1
        ? new Train(buffer, offset, length, {
            count,
            stride,
            lastAt,
            lastLength,
            commonPrefix: index[at + UDP_INDEX_COMMON_PREFIX] as number,
          })
        : new Uint8Array(buffer, offset, length);
    const trafficClass = index[at + UDP_INDEX_TRAFFIC_CLASS] as number;
    if (this.#links !== undefined) return this.#takeSealed(this.#links, at, bytes, trafficClass);
    this.#receive?.({ bytes, from: this.#senders.name(index, at + UDP_INDEX_ADDRESS), trafficClass });
  }

  /** Takes a train that the addon has opened. A message of the handshake, and a datagram with nothing inside, go to the link layer. */
  #takeSealed(links: NativeLinks, at: number, bytes: Uint8Array, trafficClass: number): void {
    const link = this.#index[at + UDP_INDEX_LINK] as number;
    if (link === 0) return links.receive(bytes, this.#senders.name(this.#index, at + UDP_INDEX_ADDRESS));
    const peer = links.peerOf(link);
    if (peer === undefined) return;
    if (bytes.length === HEADER_BYTES) links.receiveKeepalive(peer);
    else this.#receive?.({ bytes, from: peer.name, principal: peer.name, trafficClass });
  }

  #fail(reason: string, count: number = 1): void {
    this.counters.failed.set(reason, (this.counters.failed.get(reason) ?? 0) + count);
    this.#destinations.noteFailure(reason);
  }
}
