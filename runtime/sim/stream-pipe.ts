import type { SimLink } from "./sim-link.ts";
import type { Happening, VirtualTime } from "./virtual-time.ts";

/** What is lost goes again after so many seconds, and each time after twice as many, up to the most. */
const FIRST_RETRY_SECONDS = 0.2;
const LONGEST_RETRY_SECONDS = 60;
/** Losses of one piece after which it comes through all the same. */
const MOST_LOSSES = 15;

interface Piece {
  /** When it arrives at the earliest. */
  readonly at: number;
  readonly arrive: () => void;
}

/**
 * One direction of a connection over a link: everything arrives, in order. What the link loses, has no room for, or cannot
 * carry because it is down, comes later. A direction that nothing gets through for `patience` seconds is given up.
 */
export class StreamPipe implements Happening {
  readonly #time: VirtualTime;
  readonly #link: SimLink;
  readonly #patience: number;
  readonly #gaveUp: () => void;
  #pieces: Piece[] = [];
  #retry = FIRST_RETRY_SECONDS;
  /** Since when the link has been found down. */
  #downSince: number | undefined;

  constructor(time: VirtualTime, link: SimLink, patience: number, gaveUp: () => void) {
    this.#time = time;
    this.#link = link;
    this.#patience = patience;
    this.#gaveUp = gaveUp;
  }

  /** So many bytes set out. */
  push(bytes: number, arrive: () => void): void {
    this.#pieces.push({ at: this.#arrival(bytes), arrive });
    if (this.#pieces.length === 1) this.#await();
  }

  /** The first piece is there, or would be. */
  happen(): void {
    const [piece] = this.#pieces;
    if (piece === undefined) return;
    if (!this.#link.isUp) return this.#wait();
    this.#downSince = undefined;
    this.#retry = FIRST_RETRY_SECONDS;
    this.#pieces.shift();
    if (this.#pieces.length > 0) this.#await();
    piece.arrive();
  }

  #await(): void {
    this.#time.add(this.#pieces[0]?.at ?? 0, this);
  }

  #wait(): void {
    const { now } = this.#time;
    this.#downSince ??= now;
    if (now - this.#downSince >= this.#patience) {
      this.#pieces = [];
      return this.#gaveUp();
    }
    this.#time.add(now + this.#retry, this);
    this.#retry = Math.min(2 * this.#retry, LONGEST_RETRY_SECONDS);
  }

  #arrival(bytes: number): number {
    const { now } = this.#time;
    let lost = 0;
    for (let retry = FIRST_RETRY_SECONDS, times = 0; times < MOST_LOSSES && this.#link.drawsLoss(); times++) {
      lost += retry;
      retry = Math.min(2 * retry, LONGEST_RETRY_SECONDS);
    }
    const leaves = this.#link.departure(now, bytes) ?? now + FIRST_RETRY_SECONDS;
    return this.#link.arrival(leaves, false) + lost;
  }
}
