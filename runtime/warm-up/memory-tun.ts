import type { TunHandle, OnTunRead } from "../../native/index.ts";

const NO_BYTES: Uint8Array = new Uint8Array(0);
const NO_WORDS: Uint32Array = new Uint32Array(0);

/** A TUN interface in memory with the interface of the addon. Written packets are counted and discarded. */
export class MemoryTun implements TunHandle {
  readonly name: string = "warm-up";
  /** Number of packets written. */
  written = 0;
  #arena: Uint8Array = NO_BYTES;
  #index: Uint32Array = NO_WORDS;
  #onRead: OnTunRead | undefined;

  configure(): undefined {
    return undefined;
  }

  isUp(): boolean {
    return true;
  }

  setMtu(): undefined {
    return undefined;
  }

  offload(): number {
    return 0;
  }

  start(arena: Uint8Array, index: Uint32Array, _scratch: Uint8Array, _trainMax: number, onRead: OnTunRead): undefined {
    this.#arena = arena;
    this.#index = index;
    this.#onRead = onRead;
  }

  /** Delivers `count` packets from this host as one read cycle. The packets have equal length and follow each other in `packets`. */
  deliver(packets: Uint8Array, count: number = 1): void {
    const length = packets.length / count;
    this.#arena.set(packets);
    this.#index.set([0, length, length, count, length]);
    this.#onRead?.(1, 0, 0);
  }

  write(
    _train: Uint8Array,
    _stride: number,
    count: number,
    lastAt: number,
    lastLength: number,
    written: Uint32Array,
  ): number {
    this.written += count;
    written[0] = count;
    written[1] = lastAt + lastLength;
    written[2] = 0;
    written[3] = 0;
    return 0;
  }

  flowCache(): boolean {
    return false;
  }

  poll(): void {}

  resume(): void {
    this.#onRead?.(0, 0, 0);
  }

  readCycles(): readonly [count: number, overBudget: number, longest: number] {
    return [0, 0, 0];
  }

  close(closed: () => void): void {
    this.#onRead = undefined;
    closed();
  }
}
