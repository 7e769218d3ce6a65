import type { Clock, Timer } from "../world/world.ts";

/** How a path reaches the world. */
export interface PathSurroundings {
  readonly clock: Clock;
  /** Sends a datagram of this size that nobody on the way may cut. False when the interface itself has no room for it. */
  readonly probe: (size: number) => boolean;
  readonly adapted: (change: PathChange) => void;
}

export interface PathChange {
  readonly before: number;
  readonly now: number;
  /** Who did not take what was longer, where that is why. */
  readonly why: "swallowed" | "refused" | "grown";
}

/** Seconds. While many long datagrams go its way, a path is asked as often as this; while there are few, after as long as that. */
const CONFIRM_EVERY = 1;
const CONFIRM_SELDOM = 30;
const MANY = 16;
/** An answer is waited for three round trips, but not less and not more than this. */
const PATIENCE_MIN = 0.25;
const PATIENCE_MAX = 2;
/** Without an answer the longest and the shortest are tried so often; a path that carries neither is down, not narrow. */
const DOUBTS = 3;
/** So often, and at these intervals, everything that may fit is tried before the path is believed to be narrower. */
const VOLLEYS = 2;
const VOLLEY_EVERY = 0.15;
/** A narrow path is tried for more after this, then after twice as long each time. */
const RAISE_FIRST = 5;
const RAISE_MAX = 600;
/** One that answers nothing is asked again after this at the latest: it has before; it never has. */
const SILENCE_MAX = 8;
const STRANGER_MAX = 60;

/**
 * How long the datagrams to one place may be: what answers to probes of that length come back for. It begins with what the
 * kernel says and believes in less only when shorter probes of the same moment are answered, so that a path which is down
 * or a peer which knows no probes changes nothing. Nothing is sent while nothing long is.
 */
export class Path {
  payload: number;
  readonly #candidates: readonly number[];
  readonly #around: PathSurroundings;
  #timer: Timer | undefined;
  /** Long datagrams since it was asked, and when that was. */
  #load = 0;
  #askedAt = -Infinity;
  /** Of the question that is open: whether what goes now arrives, the longest probe that did, and whether one did not leave. */
  #isSure = false;
  #best = 0;
  #isRefused = false;
  #patience = PATIENCE_MIN;
  #hasAnswered = false;
  #silences = 0;
  #raiseAfter = RAISE_FIRST;
  #raiseAt = Infinity;

  /** `candidates` from the longest down; the longest is tried first. */
  constructor(candidates: readonly number[], around: PathSurroundings) {
    this.payload = candidates[0] as number;
    this.#candidates = candidates;
    this.#around = around;
  }

  /** Nothing is waited for. */
  get isAsleep(): boolean {
    return this.#timer === undefined;
  }

  /** Datagrams of such a length have been sent that they might be too long. */
  carried(count: number): void {
    this.#load += count;
    if (this.#timer === undefined && this.#isDue) this.#ponder();
  }

  get #isDue(): boolean {
    return this.#load >= MANY || (this.#load > 0 && this.#around.clock.now() >= this.#askedAt + CONFIRM_SELDOM);
  }

  /** A probe has arrived there; its answer took so many seconds. */
  answered(size: number, seconds: number): void {
    this.#patience = Math.min(PATIENCE_MAX, Math.max(PATIENCE_MIN, 3 * seconds));
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
    if (this.#ask(this.payload)) this.#after(this.#patience, () => this.#doubt(DOUBTS));
    else this.#doubt(DOUBTS);
  }

  #doubt(left: number): void {
    if (this.#isSure) return this.#rest();
    if (this.#best > 0) return this.#volley(VOLLEYS);
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
    this.#after(left === 1 ? this.#patience : VOLLEY_EVERY, () => this.#volley(left - 1));
  }

  #decide(): void {
    this.#raiseAt = this.#around.clock.now() + this.#raiseAfter;
    this.#change(this.#best, this.#isRefused ? "refused" : "swallowed");
    this.#rest();
  }

  #keepSilence(): void {
    const longest = this.#hasAnswered ? SILENCE_MAX : STRANGER_MAX;
    this.#after(Math.min(CONFIRM_EVERY * 2 ** this.#silences++, longest), () => this.#wake());
  }

  #rest(): void {
    this.#after(CONFIRM_EVERY, () => this.#wake());
  }

  #wake(): void {
    this.#timer = undefined;
    if (this.#isDue) this.#ponder();
  }

  #ponder(): void {
    if (this.#around.clock.now() >= this.#raiseAt) this.#raise(VOLLEYS);
    else this.#confirm();
  }

  #raise(left: number): void {
    if (left === VOLLEYS) this.#begin();
    if (left === 0) return this.#raised();
    for (const size of this.#candidates) if (size > Math.max(this.payload, this.#best)) this.#ask(size);
    this.#after(left === 1 ? this.#patience : VOLLEY_EVERY, () => this.#raise(left - 1));
  }

  #raised(): void {
    this.#raiseAfter = Math.min(RAISE_MAX, 2 * this.#raiseAfter);
    if (this.#best > this.payload) this.#change(this.#best, "grown");
    const isWhole = this.payload === this.#candidates[0];
    this.#raiseAt = isWhole ? Infinity : this.#around.clock.now() + this.#raiseAfter;
    this.#rest();
  }

  #change(payload: number, why: PathChange["why"]): void {
    const before = this.payload;
    this.payload = payload;
    this.#around.adapted({ before, now: payload, why });
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
