/**
 * A TUN or TAP interface of the kernel, as a device of a node.
 *
 * Inbound: native/tun.c reads the interface and calls `#onRead` once per read cycle -> Backlog takes its trains one by one -> `#take` turns
 * each into a packet or a `Train` -> the receiver, which is TunRx.
 * Outbound: TunTx -> `write` -> native/tun.c, at once. The kernel often answers during the write, so the end of the I/O batch polls the
 * interface (`#pollLater`) and does not wait for the event loop.
 *
 * Memory: the arena of packets belongs to the addon between read cycles. A packet given to the receiver is valid until the receiver
 * returns. All lengths are in bytes.
 */
import { errnoName } from "../../native/errno.ts";
import { networkInterfaces } from "node:os";
import { type Cidr, formatCidr } from "../ip/cidr.ts";
import { OFFLOAD, TUN_HEADROOM, TUN_INDEX_WORDS, type TunHandle } from "../../native/index.ts";
import { segmentCount, isTrain, Train } from "../plan/values/train.ts";
import type { ReadCycles, Device, DeviceCounters, DeviceOffload } from "../world/world.ts";
import { Backlog } from "./backlog.ts";
import { readCyclesOf } from "./read-cycles.ts";
import { LinuxFlowCache } from "./linux-flow-cache.ts";
import { IoBatch } from "./io-batch.ts";

export interface LinuxTunOptions {
  /** Default: `tun`. */
  readonly kind?: Device["kind"];
  readonly mtu: number;
  /** Whether the node must not lower the MTU. Default: false. */
  readonly isMtuFixed?: boolean;
  /** Address that the interface was given; undefined for none. */
  readonly address?: Cidr | undefined;
  readonly trains?: boolean;
  readonly onLost?: (code: string) => void;
  /** Opens an interface with the same name and settings, and brings it up. */
  readonly reopen?: (
    mtu: number,
  ) => { readonly ok: true; readonly handle: TunHandle } | (Refusal & { readonly ok: false });
  /** Gives an interface its settings again, and brings it up. */
  readonly repair?: (handle: TunHandle, mtu: number) => Refusal | undefined;
  /** The I/O batch that all devices of the node share. A new one by default. */
  readonly ioBatch?: IoBatch;
  /** The flow cache of the node. None by default. */
  readonly flowCache?: LinuxFlowCache | undefined;
}

/** Failure to make or to configure an interface again, explained to the user. */
interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** Arena for one read cycle. A read requires free room for two of the largest packets. */
const ARENA_BYTES = 512 << 10;
const TRAINS_MAX = 64;
/** Room for one read: a virtio_net_hdr and the largest packet. */
const SCRATCH_BYTES = 65_545;
const GONE: Refusal = { code: "EBADFD", message: "the interface is gone" };
/** Errors of the kernel which mean that no interface has the name. */
const GONE_CODES: ReadonlySet<string> = new Set(["EBADFD", "ENODEV", "ENXIO"]);

/** Greatest number of packets of a train: as many as a datagram socket sends by one call. */
const TRAIN_MAX = 64;

/**
 * Greatest number of payload bytes that one call of a socket sends, and a typical length of overlay headers per packet. With longer headers
 * a super-packet takes two calls.
 */
const SEND_BYTES = 65_507;
const HEADERS_BYTES = 60;

/** Returns the number of packets that one call of a datagram socket can send. */
function packetsPerSend(mtu: number): number {
  return Math.max(1, Math.min(TRAIN_MAX - 1, Math.floor(SEND_BYTES / (mtu + HEADERS_BYTES))));
}

/** An open TUN or TAP interface. Reading starts when there is a receiver; until then the kernel queues packets. */
export class LinuxTun implements Device {
  readonly kind: Device["kind"];
  readonly name: string;
  readonly network: Cidr | undefined;
  mtu: number;
  /** Absent if the MTU was chosen by the operator. */
  readonly lowerMtu?: (mtu: number) => string | undefined;
  readonly counters: DeviceCounters = { read: 0, readBytes: 0, written: 0, writtenBytes: 0, refused: new Map() };
  #handle: TunHandle;
  /** Bound, so that V8 does not deoptimise code that was compiled for the handle of the warm-up. */
  #write: TunHandle["write"];
  readonly #memory: ArrayBuffer = new ArrayBuffer(ARENA_BYTES);
  readonly #index: Uint32Array = new Uint32Array(TRAINS_MAX * TUN_INDEX_WORDS);
  readonly #scratch: Uint8Array = new Uint8Array(SCRATCH_BYTES);
  readonly #written: Uint32Array = new Uint32Array(4);
  readonly #backlog: Backlog = new Backlog((train) => this.#take(train * TUN_INDEX_WORDS));
  readonly #trainMax: number;
  /** Error code with which the interface ended. */
  #lost: string | undefined;
  /** Message with which the last attempt to restore the interface failed. */
  #refusal: string | undefined;
  readonly #onLost: ((code: string) => void) | undefined;
  readonly #reopen: LinuxTunOptions["reopen"];
  readonly #repair: LinuxTunOptions["repair"];
  #offloads: number;
  readonly #ioBatch: IoBatch;
  readonly #flowCache: LinuxFlowCache;
  readonly #pollNow = (): void => this.#poll();
  /** Packets of a read cycle are being delivered, or wait in the backlog. Nothing may be read into their memory. */
  #isDelivering = false;
  #isPollPending = false;
  #superRead = 0;
  #superWritten = 0;
  #unfit = 0;
  #receive: ((packet: Uint8Array) => void) | undefined;
  #closed: Promise<void> | undefined;

  /** `handle` must be configured and up. */
  constructor(handle: TunHandle, options: LinuxTunOptions) {
    this.kind = options.kind ?? "tun";
    this.name = handle.name;
    this.network = options.address;
    this.mtu = options.mtu;
    if (options.isMtuFixed !== true) this.lowerMtu = (mtu): string | undefined => this.#lowerMtu(mtu);
    this.#handle = handle;
    this.#write = handle.write.bind(handle);
    this.#trainMax = options.trains === true ? TRAIN_MAX : 1;
    this.#onLost = options.onLost;
    this.#reopen = options.reopen;
    this.#repair = options.repair;
    this.#ioBatch = options.ioBatch ?? new IoBatch();
    this.#flowCache = options.flowCache ?? new LinuxFlowCache();
    this.#offloads = handle.offload(packetsPerSend(options.mtu));
  }

  get offload(): DeviceOffload {
    return {
      tcp: (this.#offloads & OFFLOAD.tcp) !== 0,
      udp: (this.#offloads & OFFLOAD.udp) !== 0,
      superRead: this.#superRead,
      superWritten: this.#superWritten,
      unfit: this.#unfit,
    };
  }

  get readCycles(): ReadCycles {
    return readCyclesOf(this.#handle);
  }

  problem(): string | undefined {
    const state = this.#brokenState();
    if (state === undefined || this.#refusal === undefined) return state;
    return `${state}; it cannot be restored: ${this.#refusal}`;
  }

  #brokenState(): string | undefined {
    if (this.#lost !== undefined) return `the device ${this.name} is gone (${this.#lost})`;
    if (this.network === undefined) return this.#handle.isUp() ? undefined : `the device ${this.name} is down`;
    // Node.js lists neither an interface that is down nor one without any address.
    const addresses = networkInterfaces()[this.name];
    if (addresses === undefined)
      return `the device ${this.name} is down or has lost its address ${formatCidr(this.network)}`;
    const hasAddress = addresses.some(({ address }) => address === this.network?.address);
    return hasAddress ? undefined : `the device ${this.name} has lost its address ${formatCidr(this.network)}`;
  }

  restore(): void {
    if (this.#closed !== undefined || this.#isDelivering || this.#brokenState() === undefined) return;
    const refusal = this.#lost === undefined ? this.#repair?.(this.#handle, this.mtu) : GONE;
    // An interface that was renamed or moved to another namespace is gone for this node.
    this.#refusal = (refusal !== undefined && GONE_CODES.has(refusal.code) ? this.#replace() : refusal)?.message;
  }

  /** Opens the interface again. The new descriptor uses the memory of the old one, which reads nothing more once it is being closed. */
  #replace(): Refusal | undefined {
    const opened = this.#reopen?.(this.mtu);
    if (opened === undefined) return GONE;
    if (!opened.ok) return opened;
    this.#handle.close(() => {});
    this.#handle = opened.handle;
    this.#write = opened.handle.write.bind(opened.handle);
    this.#offloads = opened.handle.offload(packetsPerSend(this.mtu));
    this.#lost = undefined;
    if (this.#receive !== undefined) this.#start();
    return undefined;
  }

  onPacket(receive: (packet: Uint8Array) => void): void {
    const started = this.#receive !== undefined;
    this.#receive = receive;
    if (!started) this.#start();
  }

  write(packet: Uint8Array): void {
    const { length } = packet;
    if (!this.#isDelivering && !this.#isPollPending) this.#pollLater();
    const errno = isTrain(packet)
      ? this.#write(packet, packet.stride, packet.count, packet.lastAt, packet.lastLength, this.#written)
      : this.#write(packet, length, 1, 0, length, this.#written);
    this.#countWritten(errno, segmentCount(packet));
  }

  #lowerMtu(mtu: number): string | undefined {
    const refusal = this.#handle.setMtu(mtu);
    if (refusal !== undefined) return errnoName(refusal.errno);
    this.mtu = mtu;
    this.#offloads = this.#handle.offload(packetsPerSend(mtu));
    return undefined;
  }

  async close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => this.#handle.close(resolve));
    await this.#closed;
  }

  #start(): void {
    const refusal = this.#handle.start(
      new Uint8Array(this.#memory),
      this.#index,
      this.#scratch,
      this.#trainMax,
      (count, errno, unfit) => this.#onRead(count, errno, unfit),
    );
    if (refusal !== undefined) return this.#lose(refusal.errno);
    this.#flowCache.attachTun(this.#handle);
  }

  /**
   * Polls at the end of the I/O batch: the kernel has answered a ping, or acknowledged a segment, by the time its write
   * returns.
   */
  #pollLater(): void {
    this.#isPollPending = true;
    this.#ioBatch.defer(this.#pollNow);
  }

  #poll(): void {
    this.#isPollPending = false;
    if (this.#closed === undefined) this.#handle.poll();
  }

  /** Processes a read cycle, within a recording of the flow cache if the addon asks for one. Returns whether a backlog is left. */
  #onRead(count: number, errno: number, unfit: number): boolean {
    if (this.#flowCache.isRecording()) return this.#flowCache.record(() => this.#deliver(count, errno, unfit));
    return this.#deliver(count, errno, unfit);
  }

  #deliver(count: number, errno: number, unfit: number): boolean {
    this.#unfit += unfit;
    this.#isDelivering = true;
    this.#ioBatch.begin();
    const hasBacklog = this.#backlog.run(count);
    this.#ioBatch.end();
    this.#isDelivering = hasBacklog;
    if (errno !== 0) this.#lose(errno);
    if (hasBacklog) setImmediate(() => this.#handle.resume());
    return hasBacklog;
  }

  #lose(errno: number): void {
    this.#lost = errnoName(errno);
    this.#onLost?.(this.#lost);
  }

  /** Delivers one train. Nothing is delivered after the receiver has closed the interface. */
  #take(at: number): void {
    if (this.#closed !== undefined) return;
    const index = this.#index;
    const offset = index[at] as number;
    const length = index[at + 1] as number;
    const stride = index[at + 2] as number;
    const count = index[at + 3] as number;
    const lastLength = index[at + 4] as number;
    this.counters.read += count;
    this.counters.readBytes += (count - 1) * length + lastLength;
    if (count === 1) return this.#receive?.(new Uint8Array(this.#memory, offset, length));
    this.#superRead++;
    const headroom = stride - length < TUN_HEADROOM ? 0 : TUN_HEADROOM;
    const layout = { count, stride, lastAt: (count - 1) * stride, lastLength, headroom };
    this.#receive?.(new Train(this.#memory, offset, length, layout));
  }

  #countWritten(errno: number, count: number): void {
    const { counters } = this;
    const written = this.#written;
    counters.written += written[0] as number;
    counters.writtenBytes += written[1] as number;
    this.#superWritten += written[2] as number;
    if (errno === 0) return;
    const reason = errnoName(errno);
    const refused = (written[3] as number) || count;
    counters.refused.set(reason, (counters.refused.get(reason) ?? 0) + refused);
  }
}
