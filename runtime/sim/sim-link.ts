import type { Faults } from "../device/faulty-datagrams.ts";
import type { RandomStream } from "../world/random.ts";

const HOLD_BACK_SECONDS = 0.01;

/**
 * One direction of the way between two hosts: decides for each datagram whether it is lost, whether it comes twice, and when
 * it arrives. Datagrams stay in order unless one is held back. A direction has random draws of its own, so that traffic
 * elsewhere changes nothing here.
 */
export class SimLink {
  readonly from: number;
  readonly to: number;
  isUp = true;
  readonly #random: RandomStream;
  #faults: Required<Faults>;
  #lastInOrder = 0;

  constructor(from: number, to: number, faults: Faults, random: RandomStream) {
    this.from = from;
    this.to = to;
    this.#random = random;
    this.#faults = complete(faults);
  }

  /** From now on the link has these faults; what is under way is not touched. */
  change(faults: Faults): void {
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

function complete(faults: Faults): Required<Faults> {
  return { loss: 0, duplicate: 0, delay: 0, jitter: 0, reorder: 0, holdBack: HOLD_BACK_SECONDS, ...faults };
}
