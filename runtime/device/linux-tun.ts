import { errnoName } from "../../native/errno.ts";
import { OFFLOAD, TUN_INDEX_WORDS, type TunHandle } from "../../native/index.ts";
import { countOf, isTrain, Train } from "../plan/values/train.ts";
import type { Drains, Tun, TunCounters, TunOffload } from "../world/world.ts";
import { Batch } from "./batch.ts";
import { drainsOf } from "./drains.ts";
import { LinuxShortcuts } from "./linux-shortcuts.ts";
import { Turn } from "./turn.ts";

export interface LinuxTunOptions {
  readonly mtu: number;
  readonly trains?: boolean;
  readonly lost?: (code: string) => void;
  /** That of the node's other devices. One of its own when left out. */
  readonly turn?: Turn;
  /** Of packets that come alone, to the node's socket. None when left out. */
  readonly shortcuts?: LinuxShortcuts | undefined;
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
  readonly #batch: Batch = new Batch((train) => this.#take(train * TUN_INDEX_WORDS));
  readonly #trainMax: number;
  readonly #lost: ((code: string) => void) | undefined;
  readonly #works: number;
  readonly #turn: Turn;
  readonly #shortcuts: LinuxShortcuts;
  readonly #lookNow = (): void => this.#look();
  /** What it has read is being handed over: until all of it is, nothing is read into the same memory. */
  #isGiving = false;
  #isToLook = false;
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
    this.#turn = options.turn ?? new Turn();
    this.#shortcuts = options.shortcuts ?? new LinuxShortcuts();
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

  get drains(): Drains {
    return drainsOf(this.#handle);
  }

  onPacket(receive: (packet: Uint8Array) => void): void {
    const started = this.#receive !== undefined;
    this.#receive = receive;
    if (!started) this.#start();
  }

  write(packet: Uint8Array): void {
    const { length } = packet;
    if (!this.#isGiving && !this.#isToLook) this.#lookLater();
    const errno = isTrain(packet)
      ? this.#write(packet, packet.stride, packet.count, packet.lastAt, packet.lastLength, this.#written)
      : this.#write(packet, length, 1, 0, length, this.#written);
    this.#countWritten(errno, countOf(packet));
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
      (count, errno, unfit) => this.#wake(count, errno, unfit),
    );
    if (refusal !== undefined) return this.#lost?.(errnoName(refusal.errno));
    this.#shortcuts.joinTun(this.#handle);
  }

  /**
   * The kernel has answered a ping, or acknowledged a segment, by the time that writing it returns: at the end of the turn
   * the answer can be read.
   */
  #lookLater(): void {
    this.#isToLook = true;
    this.#turn.atEnd(this.#lookNow);
  }

  #look(): void {
    this.#isToLook = false;
    if (this.#closed === undefined) this.#handle.look();
  }

  #wake(count: number, errno: number, unfit: number): boolean {
    if (this.#shortcuts.isLesson()) return this.#shortcuts.learn(() => this.#pass(count, errno, unfit));
    return this.#pass(count, errno, unfit);
  }

  #pass(count: number, errno: number, unfit: number): boolean {
    this.#unfit += unfit;
    this.#isGiving = true;
    this.#turn.begin();
    const isBehind = this.#batch.run(count);
    this.#turn.end();
    this.#isGiving = isBehind;
    if (errno !== 0) this.#lost?.(errnoName(errno));
    if (isBehind) setImmediate(() => this.#handle.goOn());
    return isBehind;
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
