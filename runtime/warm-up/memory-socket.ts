import {
  ADDRESS_BYTES,
  SENT,
  UDP_CONTROL_SLOTS,
  UDP_INDEX_ADDRESS,
  UDP_INDEX_COMMON_PREFIX,
  UDP_INDEX_WORDS,
  UDP_SLOT_BYTES,
  type UdpHandle,
  type OnUdpRead,
} from "../../native/index.ts";

/** Receives a sent datagram. Both arrays belong to the receiver. */
export type OnSent = (to: Uint8Array, bytes: Uint8Array) => void;

const NO_BYTES: Uint8Array = new Uint8Array(0);
const NO_WORDS: Uint32Array = new Uint32Array(0);

/** A UDP socket in memory with the interface of the addon. It receives no trains, and discards trains that are sent. */
export class MemorySocket implements UdpHandle {
  readonly gso: boolean = true;
  readonly gro: boolean = false;
  readonly control: boolean = false;
  readonly address: Uint8Array;
  readonly #onSent: OnSent;
  #queue: Uint8Array = NO_BYTES;
  #queued: Uint32Array = NO_WORDS;
  #sent: Uint32Array = NO_WORDS;
  #arena: Uint8Array = NO_BYTES;
  #index: Uint32Array = NO_WORDS;
  #onRead: OnUdpRead | undefined;

  constructor(address: Uint8Array, onSent: OnSent) {
    this.address = address;
    this.#onSent = onSent;
  }

  prepare(queue: Uint8Array, queued: Uint32Array, sent: Uint32Array): undefined {
    this.#queue = queue;
    this.#queued = queued;
    this.#sent = sent;
  }

  start(arena: Uint8Array, index: Uint32Array, _trainMax: number, onRead: OnUdpRead): undefined {
    this.#arena = arena;
    this.#index = index;
    this.#onRead = onRead;
  }

  /** Delivers one datagram, as one read cycle. */
  deliver(from: Uint8Array, bytes: Uint8Array): void {
    const index = this.#index;
    const at = UDP_CONTROL_SLOTS * UDP_INDEX_WORDS;
    this.#arena.set(bytes, UDP_CONTROL_SLOTS * UDP_SLOT_BYTES);
    index.set([0, bytes.length, UDP_SLOT_BYTES, 1, 0, bytes.length], at);
    new Uint8Array(index.buffer, index.byteOffset + 4 * (at + UDP_INDEX_ADDRESS), ADDRESS_BYTES).fill(0).set(from);
    index[at + UDP_INDEX_COMMON_PREFIX] = bytes.length;
    this.#onRead?.(0, 1, 0);
  }

  sendQueued(count: number): number {
    let sum = 0;
    for (let at = 0; at < count; at++) {
      const start = this.#queued[2 * at] as number;
      const length = this.#queued[2 * at + 1] as number;
      const end = start + ADDRESS_BYTES;
      this.#onSent(this.#queue.slice(start, end), this.#queue.slice(end, end + length));
      sum += length;
    }
    this.#sent.fill(0);
    this.#sent[SENT.datagrams] = count;
    this.#sent[SENT.bytes] = sum;
    return 0;
  }

  sendTrain(): number {
    this.#sent.fill(0);
    return 0;
  }

  probe(): number {
    return 0;
  }

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
