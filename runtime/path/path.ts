import type { Clock, Timer } from "../world/world.ts";

/** How a path reaches the world. */
export interface PathContext {
  readonly clock: Clock;
  /** Sends a datagram of this size that nobody on the way may cut. False when the interface itself has no room for it. */
  readonly probe: (size: number) => boolean;
  readonly changed: (change: PathChange) => void;
}

export interface PathChange {
  readonly before: number;
  readonly now: number;
  /** Who did not take what was longer, where that is why. */
  readonly why: "swallowed" | "refused" | "grown";
}

/** Seconds. While many long datagrams go its way, a path is asked as often as this; while there are few, after as long as that. */
const CONFIRM_INTERVAL = 1;
const IDLE_CONFIRM_INTERVAL = 30;
const BUSY_DATAGRAMS = 16;
/** An answer is waited for three round trips, but not less and not more than this. */
const ANSWER_TIMEOUT_MIN = 0.25;
const ANSWER_TIMEOUT_MAX = 2;
/** Without an answer the longest and the shortest are tried so often; a path that carries neither is down, not narrow. */
const ATTEMPTS = 3;
/** So often, and at these intervals, everything that may fit is tried before the path is believed to be narrower. */
const SEARCH_ROUNDS = 2;
const SEARCH_INTERVAL = 0.15;
/** A narrow path is tried for more after this, then after twice as long each time. */
const RAISE_FIRST = 5;
const RAISE_MAX = 600;
/** One that answers nothing is asked again after this at the latest: it has before; it never has. */
const RETRY_MAX = 8;
const UNKNOWN_PEER_RETRY_MAX = 60;

/**
 * How long the datagrams to one place may be: what answers to probes of that length come back for. It begins with what the
 * kernel says and believes in less only when shorter probes of the same moment are answered, so that a path which is down
 * or a peer which knows no probes changes nothing. Nothing is sent while nothing long is.
 */
export class Path {
  payload: number;
  readonly #candidates: readonly number[];
  readonly #around: PathContext;
  #timer: Timer | undefined;
  /** Long datagrams since it was asked, and when that was. */
  #load = 0;
  #askedAt = -Infinity;
  /** Of the question that is open: whether what goes now arrives, the longest probe that did, and whether one did not leave. */
  #isSure = false;
  #best = 0;
  #isRefused = false;
  #patience = ANSWER_TIMEOUT_MIN;
  #hasAnswered = false;
  #silences = 0;
  #raiseAfter = RAISE_FIRST;
  #raiseAt = Infinity;

  /** `candidates` from the longest down; the longest is tried first. */
  constructor(candidates: readonly number[], context: PathContext) {
    this.payload = candidates[0] as number;
    this.#candidates = candidates;
    this.#around = context;
  }

  /** Nothing is waited for. */
  get isIdle(): boolean {
    return this.#timer === undefined;
  }

  /** Datagrams of such a length have been sent that they might be too long. */
  countSent(count: number): void {
    this.#load += count;
    if (this.#timer === undefined && this.#isDue) this.#ponder();
  }

  get #isDue(): boolean {
    return (
      this.#load >= BUSY_DATAGRAMS ||
      (this.#load > 0 && this.#around.clock.now() >= this.#askedAt + IDLE_CONFIRM_INTERVAL)
    );
  }

  /** A probe has arrived there; its answer took so many seconds. */
  answered(size: number, seconds: number): void {
    this.#patience = Math.min(ANSWER_TIMEOUT_MAX, Math.max(ANSWER_TIMEOUT_MIN, 3 * seconds));
    this.#hasAnswered = true;
    this.#silences = 0;
    this.#best = Math.max(this.#best, size);
    if (size >= this.payload) this.#isSure = true;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #confirm(): void {
    this.#begin();
    if (this.#ask(this.payload)) this.#after(this.#patience, () => this.#doubt(ATTEMPTS));
    else this.#doubt(ATTEMPTS);
  }

  #doubt(left: number): void {
    if (this.#isSure) return this.#rest();
    if (this.#best > 0) return this.#volley(SEARCH_ROUNDS);
    if (left === 0) return this.#keepSilence();
    for (const size of [this.payload, this.payload, this.#candidates.at(-1) as number]) this.#ask(size);
    this.#after(this.#patience, () => this.#doubt(left - 1));
  }

  #begin(): void {
    this.#load = 0;
    this.#askedAt = this.#around.clock.now();
    this.#isSure = false;
    this.#isRefused = false;
    this.#best = 0;
  }

  /** Longer ones first: when a shorter one is answered, those before it have had their time. */
  #volley(left: number): void {
    if (this.#isSure) return this.#rest();
    if (left === 0) return this.#decide();
    this.#ask(this.payload);
    for (const size of this.#candidates) if (size <= this.payload && size >= this.#best) this.#ask(size);
    this.#after(left === 1 ? this.#patience : SEARCH_INTERVAL, () => this.#volley(left - 1));
  }

  #decide(): void {
    this.#raiseAt = this.#around.clock.now() + this.#raiseAfter;
    this.#change(this.#best, this.#isRefused ? "refused" : "swallowed");
    this.#rest();
  }

  #keepSilence(): void {
    const longest = this.#hasAnswered ? RETRY_MAX : UNKNOWN_PEER_RETRY_MAX;
    this.#after(Math.min(CONFIRM_INTERVAL * 2 ** this.#silences++, longest), () => this.#wake());
  }

  #rest(): void {
    this.#after(CONFIRM_INTERVAL, () => this.#wake());
  }

  #wake(): void {
    this.#timer = undefined;
    if (this.#isDue) this.#ponder();
  }

  #ponder(): void {
    if (this.#around.clock.now() >= this.#raiseAt) this.#raise(SEARCH_ROUNDS);
    else this.#confirm();
  }

  #raise(left: number): void {
    if (left === SEARCH_ROUNDS) this.#begin();
    if (left === 0) return this.#raised();
    for (const size of this.#candidates) if (size > Math.max(this.payload, this.#best)) this.#ask(size);
    this.#after(left === 1 ? this.#patience : SEARCH_INTERVAL, () => this.#raise(left - 1));
  }

  #raised(): void {
    this.#raiseAfter = Math.min(RAISE_MAX, 2 * this.#raiseAfter);
    if (this.#best > this.payload) this.#change(this.#best, "grown");
    const isFull = this.payload === this.#candidates[0];
    this.#raiseAt = isFull ? Infinity : this.#around.clock.now() + this.#raiseAfter;
    this.#rest();
  }

  #change(payload: number, why: PathChange["why"]): void {
    const before = this.payload;
    this.payload = payload;
    this.#around.changed({ before, now: payload, why });
  }

  #ask(size: number): boolean {
    const isSent = this.#around.probe(size);
    if (!isSent) this.#isRefused = true;
    return isSent;
  }

  #after(seconds: number, fire: () => void): void {
    this.#timer = this.#around.clock.at(this.#around.clock.now() + seconds, fire);
  }
}
