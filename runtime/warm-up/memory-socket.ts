import {
  ADDRESS_BYTES,
  DESTINATION_BYTES,
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
  type UdpHandle,
  type OnUdpRead,
} from "../../native/index.ts";

/** Datagrams of equal length that follow each other in memory. The last one may be shorter. */
export interface SentDatagrams {
  readonly bytes: Uint8Array;
  readonly count: number;
  /** Length of each but the last. */
  readonly length: number;
  /** Length of the common prefix of all datagrams. */
  readonly commonPrefix: number;
}

/** Receives sent datagrams. The arrays belong to the receiver. */
export type OnSent = (to: Uint8Array, datagrams: SentDatagrams) => void;

const NO_BYTES: Uint8Array = new Uint8Array(0);
const NO_WORDS: Uint32Array = new Uint32Array(0);

/** A UDP socket in memory with the interface of the addon. */
export class MemorySocket implements UdpHandle {
  readonly gso: boolean = true;
  readonly gro: boolean = true;
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

  /** Delivers one datagram or one train, as one read cycle. */
  deliver(from: Uint8Array, { bytes, count, length, commonPrefix }: SentDatagrams): void {
    const index = this.#index;
    const at = UDP_CONTROL_ENTRIES * UDP_INDEX_WORDS;
    const lastAt = (count - 1) * length;
    this.#arena.set(bytes, UDP_CONTROL_SLOTS * UDP_SLOT_BYTES);
    index.set([0, length, count > 1 ? length : UDP_SLOT_BYTES, count, lastAt, bytes.length - lastAt], at);
    new Uint8Array(index.buffer, index.byteOffset + 4 * (at + UDP_INDEX_ADDRESS), ADDRESS_BYTES).fill(0).set(from);
    index[at + UDP_INDEX_COMMON_PREFIX] = commonPrefix;
    index[at + UDP_INDEX_TRAFFIC_CLASS] = 0;
    index[at + UDP_INDEX_LINK] = 0;
    this.#onRead?.(0, 1, 0);
  }

  sendQueued(count: number): number {
    let sum = 0;
    for (let at = 0; at < count; at++) {
      const start = this.#queued[UDP_QUEUED_WORDS * at] as number;
      const length = this.#queued[UDP_QUEUED_WORDS * at + 1] as number;
      const from = start + DESTINATION_BYTES;
      const bytes = this.#queue.slice(from, from + length);
      this.#onSent(this.#queue.slice(start, start + ADDRESS_BYTES), { bytes, count: 1, length, commonPrefix: length });
      sum += length;
    }
    return this.#countSent(count, sum);
  }

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
  ): number {
    let at = DESTINATION_BYTES;
    const [head, tail, lastHead, lastTail] = [headLength, tailLength, lastHeadLength, lastTailLength].map((length) =>
      this.#queue.subarray(at, (at += length)),
    );
    const memory = new Uint8Array(train.buffer, train.byteOffset);
    const datagrams = Array.from({ length: count }, (_, number) =>
      number < count - 1
        ? [head, memory.subarray(number * stride, number * stride + train.length), tail]
        : [lastHead, memory.subarray(lastAt, lastAt + lastLength), lastTail],
    );
    const bytes = Buffer.concat(datagrams.flat().filter((part) => part !== undefined));
    const length = count > 1 ? headLength + train.length + tailLength : bytes.length;
    this.#onSent(this.#queue.slice(0, ADDRESS_BYTES), { bytes, count, length, commonPrefix: headLength });
    return this.#countSent(count, bytes.length);
  }

  #countSent(count: number, bytes: number): number {
    this.#sent.fill(0);
    this.#sent[SENT.datagrams] = count;
    this.#sent[SENT.bytes] = bytes;
    return 0;
  }

  probe(): number {
    return 0;
  }

  sendPlain(): number {
    return 0;
  }

  guard(): number {
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
