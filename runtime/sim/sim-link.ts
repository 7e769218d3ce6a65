import type { RandomStream } from "../world/random.ts";

/** What a link does to the datagrams that are sent over it. Chances are from 0 to 1, times in seconds. */
export interface Faults {
  readonly loss?: number;
  readonly duplicate?: number;
  readonly delay?: number;
  /** The delay varies evenly by up to this much, either way; datagrams stay in order all the same. */
  readonly jitter?: number;
  /** The chance of a datagram to be held back by `holdBack`, so that later ones overtake it. */
  readonly reorder?: number;
  readonly holdBack?: number;
}

/** What a link does to datagrams, and how fast it takes them. */
export interface LinkFaults extends Faults {
  /** Bits a second; without limit when left out. */
  readonly rate?: number;
  /** Seconds that what waits for its turn may take to leave; what would have to wait longer is lost. */
  readonly queue?: number;
}

const HOLD_BACK_SECONDS = 0.01;
const QUEUE_SECONDS = 0.1;

/** Ethernet, IPv4 and UDP headers, which take their time on a link too. */
const HEADER_BYTES = 42;

/**
 * One direction of the way between two hosts: decides for each datagram whether it is lost, whether it comes twice, and when
 * it arrives. Datagrams stay in order unless one is held back. A direction has random draws of its own, so that traffic
 * elsewhere changes nothing here.
 */
export class SimLink {
  readonly from: number;
  readonly to: number;
  isUp = true;
  /** Datagrams that found the queue full. */
  dropped = 0;
  readonly #random: RandomStream;
  #faults: Required<LinkFaults>;
  #lastInOrder = 0;
  /** When the last datagram so far is through. */
  #freeAt = 0;

  constructor(from: number, to: number, faults: LinkFaults, random: RandomStream) {
    this.from = from;
    this.to = to;
    this.#random = random;
    this.#faults = complete(faults);
  }

  /** From now on the link has these faults; what is under way is not touched. */
  change(faults: LinkFaults): void {
    this.#faults = complete(faults);
  }

  drawsLoss(): boolean {
    return this.#meets(this.#faults.loss);
  }

  drawsDuplicate(): boolean {
    return this.#meets(this.#faults.duplicate);
  }

  drawsHoldBack(): boolean {
    return this.#meets(this.#faults.reorder);
  }

  /** When the last bit of a datagram of so many bytes leaves, if it is sent at `now`; undefined when the queue is full. */
  departure(now: number, bytes: number): number | undefined {
    const { rate, queue } = this.#faults;
    if (rate === Infinity) return now;
    const begins = Math.max(now, this.#freeAt);
    if (begins - now > queue) {
      this.dropped++;
      return undefined;
    }
    this.#freeAt = begins + ((bytes + HEADER_BYTES) * 8) / rate;
    return this.#freeAt;
  }

  /** When a datagram that leaves at `now` arrives. One that is held back does not hold back those behind it. */
  arrival(now: number, isHeldBack: boolean): number {
    const { delay, jitter, holdBack } = this.#faults;
    const varied = jitter === 0 ? delay : Math.max(0, delay + jitter * (2 * this.#random.next() - 1));
    if (isHeldBack) return now + varied + holdBack;
    this.#lastInOrder = Math.max(this.#lastInOrder, now + varied);
    return this.#lastInOrder;
  }

  #meets(chance: number): boolean {
    return chance > 0 && this.#random.next() < chance;
  }
}

function complete(faults: LinkFaults): Required<LinkFaults> {
  return { ...NO_FAULTS, ...faults };
}

const NO_FAULTS: Required<LinkFaults> = {
  loss: 0,
  duplicate: 0,
  delay: 0,
  jitter: 0,
  reorder: 0,
  holdBack: HOLD_BACK_SECONDS,
  rate: Infinity,
  queue: QUEUE_SECONDS,
};
