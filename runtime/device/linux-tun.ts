import { errnoName } from "../../native/errno.ts";
import { OFFLOAD, TUN_INDEX_WORDS, type TunHandle } from "../../native/index.ts";
import { segmentCount, isTrain, Train } from "../plan/values/train.ts";
import type { ReadCycles, Tun, TunCounters, TunOffload } from "../world/world.ts";
import { Backlog } from "./backlog.ts";
import { readCyclesOf } from "./read-cycles.ts";
import { LinuxFlowCache } from "./linux-flow-cache.ts";
import { IoBatch } from "./io-batch.ts";

export interface LinuxTunOptions {
  readonly mtu: number;
  readonly trains?: boolean;
  readonly lost?: (code: string) => void;
  /** That of the node's other devices. One of its own when left out. */
  readonly ioBatch?: IoBatch;
  /** Of packets that come alone, to the node's socket. None when left out. */
  readonly flowCache?: LinuxFlowCache | undefined;
}

/** Room for a wake: what its reads give, and after the last of them two of the largest packets still. */
const ARENA_BYTES = 512 << 10;
const TRAINS_MAX = 64;
/** One read: the largest packet, behind what the kernel says of it. */
const SCRATCH_BYTES = 65_545;
/** As many as one datagram socket sends in one piece. */
const TRAIN_MAX = 64;

/** What leaves by one call at most, and what rules may put around each packet of it before it takes two. */
const PIECE_BYTES = 65_507;
const WRAPPING_BYTES = 60;

/** As many packets as one call of a datagram socket can send. */
function segmentsOf(mtu: number): number {
  return Math.max(1, Math.min(TRAIN_MAX - 1, Math.floor(PIECE_BYTES / (mtu + WRAPPING_BYTES))));
}

/** A TUN interface of the kernel. It is read from when somebody wants its packets; until then the kernel queues them. */
export class LinuxTun implements Tun {
  readonly name: string;
  readonly mtu: number;
  readonly counters: TunCounters = { read: 0, readBytes: 0, written: 0, writtenBytes: 0, refused: new Map() };
  readonly #handle: TunHandle;
  /** Bound, so that code which was compiled with another handle is not thrown away for this one. */
  readonly #write: TunHandle["write"];
  readonly #memory: ArrayBuffer = new ArrayBuffer(ARENA_BYTES);
  readonly #index: Uint32Array = new Uint32Array(TRAINS_MAX * TUN_INDEX_WORDS);
  readonly #scratch: Uint8Array = new Uint8Array(SCRATCH_BYTES);
  readonly #written: Uint32Array = new Uint32Array(4);
  readonly #backlog: Backlog = new Backlog((train) => this.#take(train * TUN_INDEX_WORDS));
  readonly #trainMax: number;
  readonly #lost: ((code: string) => void) | undefined;
  readonly #works: number;
  readonly #ioBatch: IoBatch;
  readonly #flowCache: LinuxFlowCache;
  readonly #pollNow = (): void => this.#poll();
  /** What it has read is being handed over: until all of it is, nothing is read into the same memory. */
  #isDelivering = false;
  #isPollPending = false;
  #superRead = 0;
  #superWritten = 0;
  #unfit = 0;
  #receive: ((packet: Uint8Array) => void) | undefined;
  #closed: Promise<void> | undefined;

  /** The interface is up. */
  constructor(handle: TunHandle, options: LinuxTunOptions) {
    this.name = handle.name;
    this.mtu = options.mtu;
    this.#handle = handle;
    this.#write = handle.write.bind(handle);
    this.#trainMax = options.trains === true ? TRAIN_MAX : 1;
    this.#lost = options.lost;
    this.#ioBatch = options.ioBatch ?? new IoBatch();
    this.#flowCache = options.flowCache ?? new LinuxFlowCache();
    this.#works = handle.offload(segmentsOf(options.mtu));
  }

  get offload(): TunOffload {
    return {
      tcp: (this.#works & OFFLOAD.tcp) !== 0,
      udp: (this.#works & OFFLOAD.udp) !== 0,
      superRead: this.#superRead,
      superWritten: this.#superWritten,
      unfit: this.#unfit,
    };
  }

  get readCycles(): ReadCycles {
    return readCyclesOf(this.#handle);
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
    if (refusal !== undefined) return this.#lost?.(errnoName(refusal.errno));
    this.#flowCache.attachTun(this.#handle);
  }

  /**
   * The kernel has answered a ping, or acknowledged a segment, by the time that writing it returns: at the end of the turn
   * the answer can be read.
   */
  #pollLater(): void {
    this.#isPollPending = true;
    this.#ioBatch.defer(this.#pollNow);
  }

  #poll(): void {
    this.#isPollPending = false;
    if (this.#closed === undefined) this.#handle.poll();
  }

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
    if (errno !== 0) this.#lost?.(errnoName(errno));
    if (hasBacklog) setImmediate(() => this.#handle.resume());
    return hasBacklog;
  }

  /** A receiver may close the interface in the middle of a batch; the rest of it is not delivered. */
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
    const layout = { count, stride, lastAt: (count - 1) * stride, lastLength };
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
