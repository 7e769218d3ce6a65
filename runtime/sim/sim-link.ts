import type { RandomStream } from "../world/random.ts";

/** Faults that a link applies to datagrams. Probabilities are from 0 to 1, times in seconds. */
export interface Faults {
  readonly loss?: number;
  readonly duplicate?: number;
  readonly delay?: number;
  /** Greatest deviation of the delay, uniformly distributed both ways. Datagrams stay in order nevertheless. */
  readonly jitter?: number;
  /** Probability that a datagram is delayed by `holdBack` in addition, so that later datagrams overtake it. */
  readonly reorder?: number;
  readonly holdBack?: number;
}

/** Faults of a link, and its capacity. */
export interface LinkFaults extends Faults {
  /** Bits per second. Default: unlimited. */
  readonly rate?: number;
  /** Greatest queueing delay in seconds. Datagrams that would wait longer are lost. */
  readonly queue?: number;
}

const HOLD_BACK_SECONDS = 0.01;
const QUEUE_SECONDS = 0.1;

/** Length of the Ethernet, IPv4 and UDP headers, which take transmission time too. */
const HEADER_BYTES = 42;

/**
 * One direction of a link between two hosts: decides for each datagram whether it is lost or duplicated, and when it arrives.
 * Datagrams that are not held back stay in order. Each direction has its own random stream, so that traffic on
 * other links does not change its decisions.
 */
export class SimLink {
  readonly from: number;
  readonly to: number;
  isUp = true;
  /** Number of datagrams dropped because the queue was full. */
  dropped = 0;
  readonly #random: RandomStream;
  #faults: Required<LinkFaults>;
  #lastInOrder = 0;
  /** Time at which the link will have transmitted the last datagram that it accepted. */
  #freeAt = 0;

  constructor(from: number, to: number, faults: LinkFaults, random: RandomStream) {
    this.from = from;
    this.to = to;
    this.#random = random;
    this.#faults = complete(faults);
  }

  /** Changes the faults for later datagrams. Datagrams in flight are not affected. */
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

  /** Returns the time at which the last bit of a datagram sent at `now` leaves; undefined when the queue is full. */
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

  /** Returns the arrival time of a datagram that leaves at `now`. A held-back datagram does not delay later ones. */
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
