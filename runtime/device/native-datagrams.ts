import { performance } from "node:perf_hooks";
import { constants } from "node:os";
import { errnoName } from "../../native/errno.ts";
import {
  ADDRESS_BYTES,
  type Native,
  SENT,
  UDP_CONTROL_SLOTS,
  UDP_INDEX_ADDRESS,
  UDP_INDEX_COMMON_PREFIX,
  UDP_INDEX_WORDS,
  UDP_SLOT_BYTES,
  type UdpHandle,
} from "../../native/index.ts";
import { Train } from "../plan/values/train.ts";
import { DEVICE_PACKETS } from "../wire/device-packet.ts";
import { type DatagramTrain, datagramsOf } from "../wire/datagram-train.ts";
import type { Datagram, DatagramCounters, DatagramOffload, Datagrams, ReadCycles, SendQueue } from "../world/world.ts";
import { Backlog } from "./backlog.ts";
import { Destinations, type Family, type KnownDestination, type Resolve } from "./destinations.ts";
import { readCyclesOf } from "./read-cycles.ts";
import { LinuxFlowCache } from "./linux-flow-cache.ts";
import { SenderNames } from "./sender-names.ts";
import { IoBatch } from "./io-batch.ts";

export interface NativeDatagramsOptions {
  readonly family: Family;
  readonly maxPayload: number;
  readonly resolve: Resolve;
  readonly trains?: boolean;
  readonly gso?: boolean;
  readonly gro?: boolean;
  /** Told what the socket gives up, or does not have though it was asked for. */
  readonly adapted?: (message: string) => void;
  /** That of the node's other devices. One of its own when left out. */
  readonly ioBatch?: IoBatch;
  /** Of packets that come alone, to the node's device. None when left out. */
  readonly flowCache?: LinuxFlowCache | undefined;
}

export type NativeDatagramsResult =
  | { readonly ok: true; readonly datagrams: Datagrams }
  | { readonly ok: false; readonly code: string };

/** Slots for what one wake takes; memory that nothing comes into costs nothing. */
const SLOTS = 64 + UDP_CONTROL_SLOTS;

const PACKETS: Uint32Array = Uint32Array.from(DEVICE_PACKETS);
/** As many as one call sends in one piece. */
const TRAIN_MAX = 64;
const CONTROL_BYTES = UDP_CONTROL_SLOTS * UDP_SLOT_BYTES;

/** What may wait for the end of what the node is doing. */
const QUEUE_BYTES = 256 << 10;
const QUEUE_MAX = 256;
const LENGTH_MAX = 65_535;

/** What may wait for the address of one name. */
const WAITING_MAX = 64;

/** The only one that says something of a length. */
const { EMSGSIZE } = constants.errno;

/** A path that refused trains is tried again after this. */
const RETRY_MS = 60_000;

/** Where datagrams go: the socket address, and until when those must go singly that have so many bytes or more. */
interface Destination {
  readonly address: Uint8Array;
  singlyUntilMs: number;
  singlyFrom: number;
}

/** Opens a socket of the addon. The host is numeric. */
export function openNativeDatagrams(
  native: Native,
  host: string,
  port: number,
  options: NativeDatagramsOptions,
): NativeDatagramsResult {
  const address = native.socketAddress(host, port);
  if (address === undefined) return { ok: false, code: "EADDRNOTAVAIL" };
  const { trains = false, gso = true, gro = true } = options;
  const handle = native.openUdp(address, gso, trains && gro, PACKETS);
  if ("errno" in handle) return { ok: false, code: errnoName(handle.errno) };
  const why = "the kernel does not, or not in a trial on the loopback, which has to be up";
  if (gso && !handle.gso) options.adapted?.(`datagrams are sent one by one, not cut: ${why}`);
  if (trains && gro && !handle.gro) options.adapted?.(`datagrams are received one by one, not joined: ${why}`);
  return { ok: true, datagrams: new NativeDatagrams(native, handle, options) };
}

/**
 * Datagrams over one UDP socket of the kernel, many a system call: what is sent singly waits for the end of the turn, trains
 * leave at once.
 */
class NativeDatagrams implements Datagrams {
  readonly address: string;
  readonly maxPayload: number;
  readonly counters: DatagramCounters = { sent: 0, sentBytes: 0, received: 0, receivedBytes: 0, failed: new Map() };
  readonly #native: Native;
  readonly #handle: UdpHandle;
  /** Bound, so that code which was compiled with another handle is not thrown away for this one. */
  readonly #sendQueued: UdpHandle["sendQueued"];
  readonly #sendTrain: UdpHandle["sendTrain"];
  readonly #options: NativeDatagramsOptions;
  readonly #ioBatch: IoBatch;
  readonly #flowCache: LinuxFlowCache;
  readonly #destinations: Destinations;
  readonly #addressed = new WeakMap<KnownDestination, Destination>();
  /** That of the latest datagram: most go where the one before went. */
  #latest: { readonly to: KnownDestination; readonly place: Destination } | undefined;
  readonly #senders: SenderNames;
  readonly #queue: Uint8Array = new Uint8Array(QUEUE_BYTES);
  readonly #waiting: Uint32Array = new Uint32Array(2 * QUEUE_MAX);
  readonly #sent: Uint32Array = new Uint32Array(Object.keys(SENT).length);
  readonly #index: Uint32Array = new Uint32Array(SLOTS * UDP_INDEX_WORDS);
  readonly #memory: ArrayBuffer = new ArrayBuffer(SLOTS * UDP_SLOT_BYTES);
  /** First what carries no packets of devices. */
  readonly #backlog: Backlog = new Backlog((at) => {
    this.#take(at < this.#controlTrains ? at : at - this.#controlTrains + UDP_CONTROL_SLOTS);
  });
  readonly #refusals = new Map<string, number>();
  /** Those that wait: what they are made of, and for whom. */
  #queued: Destination[] = [];
  #queuedBytes = 0;
  #segments: boolean;
  #segmented = 0;
  #joined = 0;
  #control = 0;
  /** How many trains of the batch are in the first slots. */
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
    this.#ioBatch = options.ioBatch ?? new IoBatch();
    this.#flowCache = options.flowCache ?? new LinuxFlowCache();
    this.#segments = handle.gso;
    this.#senders = new SenderNames(native);
    this.address = this.#senders.name(new Uint32Array(paddedAddress(handle.address).buffer), 0);
    this.maxPayload = options.maxPayload;
    this.#destinations = new Destinations(options.family, options.resolve, (waiting, destination) => {
      for (const bytes of waiting) this.#forward(destination, bytes);
    });
    const refusal = handle.prepare(this.#queue, this.#waiting, this.#sent);
    if (refusal !== undefined) this.#fail(errnoName(refusal.errno));
  }

  get offload(): DatagramOffload {
    return {
      segments: this.#segments,
      joins: this.#handle.gro,
      segmented: this.#segmented,
      joined: this.#joined,
      steers: this.#handle.control,
      control: this.#control,
      refusals: this.#refusals,
    };
  }

  get readCycles(): ReadCycles {
    return readCyclesOf(this.#handle);
  }

  get queue(): SendQueue {
    return { length: this.#queuedBytes, limit: QUEUE_BYTES };
  }

  refusal(to: string): string | undefined {
    return this.#destinations.refusal(to);
  }

  numeric(to: string): string | undefined {
    return this.#destinations.numeric(to);
  }

  onDatagram(receive: (datagram: Datagram) => void): void {
    const isStarted = this.#receive !== undefined;
    this.#receive = receive;
    if (isStarted) return;
    const trainMax = this.#options.trains === true ? TRAIN_MAX : 1;
    const refusal = this.#handle.start(new Uint8Array(this.#memory), this.#index, trainMax, (control, count, errno) =>
      this.#onRead(control, count, errno),
    );
    if (refusal !== undefined) return this.#fail(errnoName(refusal.errno));
    this.#flowCache.attachUdp(this.#handle);
  }

  send(to: string, bytes: Uint8Array): void {
    if (bytes.length > this.maxPayload) return this.#fail("too long");
    if (this.#closed !== undefined) return this.#fail("closed");
    this.#forward(this.#destinations.find(to), bytes);
  }

  sendTrain(to: string, train: DatagramTrain): void {
    const destination = this.#closed === undefined ? this.#destinations.find(to) : undefined;
    if (destination?.kind !== "known") {
      for (const bytes of datagramsOf(train)) this.send(to, bytes);
      return;
    }
    const place = this.#destination(destination);
    if (place === undefined) return this.#fail("bad address", train.train.count);
    this.#flush();
    this.#transmit(place, train);
  }

  probe(to: string, bytes: Uint8Array): boolean {
    const destination = this.#closed === undefined ? this.#destinations.find(to) : undefined;
    const place = destination?.kind === "known" ? this.#destination(destination) : undefined;
    if (place === undefined) return true;
    const errno = this.#handle.probe(place.address, bytes);
    if (errno === EMSGSIZE) return false;
    if (errno !== 0) this.#fail(errnoName(errno));
    else this.#countOne(bytes.length);
    return true;
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

  #forward(to: ReturnType<Destinations["find"]>, bytes: Uint8Array): void {
    switch (to.kind) {
      case "known":
        return this.#enqueue(this.#destination(to), bytes);
      case "refused":
        return this.#fail(to.reason);
      case "resolving":
        if (to.waiting.length < WAITING_MAX) to.waiting.push(bytes);
        else this.#fail("unresolved");
    }
  }

  #destination(to: KnownDestination): Destination | undefined {
    if (this.#latest?.to === to) return this.#latest.place;
    const place = this.#addressed.get(to) ?? this.#newDestination(to);
    if (place !== undefined) this.#latest = { to, place };
    return place;
  }

  #newDestination(to: KnownDestination): Destination | undefined {
    const address = this.#native.socketAddress(to.host, to.port);
    if (address === undefined) return undefined;
    const place = { address: paddedAddress(address), singlyUntilMs: 0, singlyFrom: Infinity };
    this.#addressed.set(to, place);
    return place;
  }

  #enqueue(place: Destination | undefined, bytes: Uint8Array): void {
    if (this.#closed !== undefined) return this.#fail("closed");
    if (place === undefined) return this.#fail("bad address");
    if (bytes.length > LENGTH_MAX) return this.#fail("EMSGSIZE");
    const end = this.#queuedBytes + ADDRESS_BYTES + bytes.length;
    if (end > QUEUE_BYTES || this.#queued.length === QUEUE_MAX) this.#flush();
    const count = this.#queued.length;
    if (count === 0) {
      this.#flowCache.block("datagrams", true);
      this.#ioBatch.defer(this.#flushNow);
    }
    const at = this.#queuedBytes;
    this.#queue.set(place.address, at);
    this.#queue.set(bytes, at + ADDRESS_BYTES);
    this.#waiting[2 * count] = at;
    this.#waiting[2 * count + 1] = bytes.length;
    this.#queued.push(place);
    this.#queuedBytes = (at + ADDRESS_BYTES + bytes.length + 3) & ~3;
  }

  #flush(): void {
    const count = this.#queued.length;
    if (count === 0) return;
    const waiting = this.#waiting;
    const isMixed = this.#queued.some((place, at) => !this.#maySegment(place, waiting[2 * at + 1] as number));
    const errno = this.#sendQueued(count, !isMixed);
    const refused = this.#countSent(errno);
    if (refused !== 0) this.#adapt(refused, longestByDestination(this.#queued, waiting));
    this.#queued = [];
    this.#queuedBytes = 0;
    this.#flowCache.block("datagrams", false);
  }

  /** Nothing waits: the queue is free for what stands around the rows. */
  #transmit(place: Destination, { train, head, tail, lastHead, lastTail }: DatagramTrain): void {
    let at = ADDRESS_BYTES;
    this.#queue.set(place.address);
    for (const part of [head, tail, lastHead, lastTail]) {
      this.#queue.set(part, at);
      at += part.length;
    }
    const segment = head.length + train.length + tail.length;
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
      this.#maySegment(place, segment),
    );
    const refused = this.#countSent(errno);
    if (refused !== 0) this.#adapt(refused, new Map([[place, segment]]));
  }

  #maySegment(place: Destination, segment: number): boolean {
    return this.#segments && (segment < place.singlyFrom || performance.now() >= place.singlyUntilMs);
  }

  /** Why the kernel would not cut what it was to cut; 0 when it was not so. */
  #countSent(errno: number): number {
    const sent = this.#sent;
    this.counters.sent += sent[SENT.datagrams] as number;
    this.counters.sentBytes += sent[SENT.bytes] as number;
    this.#segmented += sent[SENT.segmented] as number;
    if (errno !== 0) this.#fail(errnoName(errno), sent[SENT.failed]);
    return sent[SENT.segmentErrno] as number;
  }

  /** EIO is said of the interface, and for ever; everything else of the path, which may change, and EMSGSIZE of a length. */
  #adapt(errno: number, lengths: ReadonlyMap<Destination, number>): void {
    const reason = errnoName(errno);
    const segments = this.#sent[SENT.gso] !== 0;
    this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + 1);
    if (this.#segments && !segments) {
      this.#options.adapted?.(`the interface does not cut datagrams (${reason}); they are sent one by one`);
    }
    this.#segments = segments;
    if (!segments) return;
    const now = performance.now();
    for (const [place, length] of lengths) {
      if (place.singlyUntilMs <= now) this.#reportPath(place, reason);
      place.singlyUntilMs = now + RETRY_MS;
      place.singlyFrom = errno === EMSGSIZE ? length : 0;
    }
  }

  #reportPath(place: Destination, reason: string): void {
    const name = this.#senders.name(new Uint32Array(place.address.buffer), 0);
    this.#options.adapted?.(`${name} gets its datagrams one by one: its path takes no trains of this size (${reason})`);
  }

  #onRead(control: number, count: number, errno: number): boolean {
    if (this.#flowCache.isRecording()) return this.#flowCache.record(() => this.#deliver(control, count, errno));
    return this.#deliver(control, count, errno);
  }

  #deliver(control: number, count: number, errno: number): boolean {
    this.#ioBatch.begin();
    if (control + count > 0) this.#controlTrains = control;
    this.#control += control;
    const hasBacklog = this.#backlog.run(control + count);
    this.#ioBatch.end();
    if (errno !== 0) this.#fail(errnoName(errno));
    if (hasBacklog) setImmediate(() => this.#handle.resume());
    return hasBacklog;
  }

  #take(train: number): void {
    if (this.#closed !== undefined) return;
    const index = this.#index;
    const at = train * UDP_INDEX_WORDS;
    const offset = (index[at] as number) + (train < UDP_CONTROL_SLOTS ? 0 : CONTROL_BYTES);
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
    this.#receive?.({ bytes, from: this.#senders.name(index, at + UDP_INDEX_ADDRESS) });
  }

  #fail(reason: string, count: number = 1): void {
    this.counters.failed.set(reason, (this.counters.failed.get(reason) ?? 0) + count);
  }
}

function longestByDestination(places: readonly Destination[], waiting: Uint32Array): ReadonlyMap<Destination, number> {
  const lengths = new Map<Destination, number>();
  for (const [at, place] of places.entries()) {
    lengths.set(place, Math.max(lengths.get(place) ?? 0, waiting[2 * at + 1] as number));
  }
  return lengths;
}

/** A socket address with zeros behind it, so that all have one length. */
function paddedAddress(address: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = new Uint8Array(ADDRESS_BYTES);
  padded.set(address.subarray(0, ADDRESS_BYTES));
  return padded;
}
