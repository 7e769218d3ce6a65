/**
 * Search for the longest datagram that a path carries. One Path serves one destination; PathSizes owns it.
 *
 * The states, each a method that schedules the next by a timer:
 *  - #confirm: probe the current size. If the probe is answered, the path is idle until long datagrams are sent again.
 *  - #retry: the current size was not answered. Probe this size again, and the shortest size too.
 *  - #search: a shorter probe was answered. Probe all sizes in between, twice.
 *  - #narrow: reduce the size to the longest that was answered.
 *  - #backOff: no probe was answered. The path is down, or the peer knows no probes: keep the size and try again later.
 *  - #raise: a narrow path is probed for longer sizes from time to time.
 */
import type { Clock, Timer } from "../world/world.ts";

/** Dependencies of a path. */
export interface PathContext {
  readonly clock: Clock;
  /** Sends a datagram of this size that must not be fragmented. Returns false if the datagram is too long for the local interface. */
  readonly probe: (size: number) => boolean;
  /** Called when the size has changed. */
  readonly changed: (change: PathChange) => void;
}

export interface PathChange {
  readonly before: number;
  readonly now: number;
  /** `dropped`: longer datagrams were lost on the path. `refused`: the local interface refused them. */
  readonly why: "dropped" | "refused" | "grown";
}

/** Seconds between confirmations of a path with many long datagrams. */
const CONFIRM_INTERVAL = 1;
/** Seconds between confirmations of a path with few long datagrams. */
const IDLE_CONFIRM_INTERVAL = 30;
/** A path has many long datagrams if at least this number of them was sent since the last confirmation. */
const BUSY_DATAGRAMS = 16;
/** Bounds of the time to wait for an answer, in seconds. The time is three times the latest round trip. */
const ANSWER_TIMEOUT_MIN = 0.25;
const ANSWER_TIMEOUT_MAX = 2;
/** Attempts to get an answer to a probe of the current or the shortest size before the path counts as down. */
const ATTEMPTS = 3;
/** Rounds of probes of all sizes before the size is changed, and seconds between them. */
const SEARCH_ROUNDS = 2;
const SEARCH_INTERVAL = 0.15;
/** Seconds until a narrow path is probed for longer sizes: at first, and at most. Doubled each time. */
const RAISE_FIRST = 5;
const RAISE_MAX = 600;
/** Largest number of seconds between attempts on a path that is down, for a peer that has answered before. */
const RETRY_MAX = 8;
/** The same for a peer that has never answered. */
const UNKNOWN_PEER_RETRY_MAX = 60;

/**
 * Longest datagram for one destination. The size begins with the longest candidate, which follows from the MTU that the kernel reports. It
 * is reduced only if shorter probes of the same round are answered, so that a path that is down, or a peer that knows no probes, does not
 * change it. No probes are sent while no long datagrams are sent.
 */
export class Path {
  payload: number;
  readonly #candidates: readonly number[];
  readonly #context: PathContext;
  #timer: Timer | undefined;
  /** Number of long datagrams sent since `#probedAt`. */
  #sent = 0;
  #probedAt = -Infinity;
  /**
   * State of the current probing: whether the current size was answered, the longest size answered, whether the interface refused a size.
   */
  #isConfirmed = false;
  #longestAnswered = 0;
  #isRefused = false;
  #answerTimeout = ANSWER_TIMEOUT_MIN;
  #hasAnswered = false;
  #failedAttempts = 0;
  #raiseAfter = RAISE_FIRST;
  #raiseAt = Infinity;

  /** `candidates` are the sizes to try, from the longest down. The path begins with the longest. */
  constructor(candidates: readonly number[], context: PathContext) {
    this.payload = candidates[0] as number;
    this.#candidates = candidates;
    this.#context = context;
  }

  /** Whether no probe is pending and no timer runs. */
  get isIdle(): boolean {
    return this.#timer === undefined;
  }

  /** Counts datagrams that were sent and may be too long for the path. Starts probing if a probe is due. */
  countSent(count: number): void {
    this.#sent += count;
    if (this.#timer === undefined && this.#isDue) this.#probe();
  }

  get #isDue(): boolean {
    return (
      this.#sent >= BUSY_DATAGRAMS ||
      (this.#sent > 0 && this.#context.clock.now() >= this.#probedAt + IDLE_CONFIRM_INTERVAL)
    );
  }

  /** Handles the answer to a probe of `size` bytes, which came `seconds` after the probe. */
  answered(size: number, seconds: number): void {
    this.#answerTimeout = Math.min(ANSWER_TIMEOUT_MAX, Math.max(ANSWER_TIMEOUT_MIN, 3 * seconds));
    this.#hasAnswered = true;
    this.#failedAttempts = 0;
    this.#longestAnswered = Math.max(this.#longestAnswered, size);
    if (size >= this.payload) this.#isConfirmed = true;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #confirm(): void {
    this.#reset();
    if (this.#sendProbe(this.payload)) this.#schedule(this.#answerTimeout, () => this.#retry(ATTEMPTS));
    else this.#retry(ATTEMPTS);
  }

  #retry(left: number): void {
    if (this.#isConfirmed) return this.#finish();
    if (this.#longestAnswered > 0) return this.#search(SEARCH_ROUNDS);
    if (left === 0) return this.#backOff();
    for (const size of [this.payload, this.payload, this.#candidates.at(-1) as number]) this.#sendProbe(size);
    this.#schedule(this.#answerTimeout, () => this.#retry(left - 1));
  }

  #reset(): void {
    this.#sent = 0;
    this.#probedAt = this.#context.clock.now();
    this.#isConfirmed = false;
    this.#isRefused = false;
    this.#longestAnswered = 0;
  }

  /** Sends longer probes first: when a shorter one is answered, the longer ones have had time to be answered too. */
  #search(left: number): void {
    if (this.#isConfirmed) return this.#finish();
    if (left === 0) return this.#narrow();
    this.#sendProbe(this.payload);
    for (const size of this.#candidates)
      if (size <= this.payload && size >= this.#longestAnswered) this.#sendProbe(size);
    this.#schedule(left === 1 ? this.#answerTimeout : SEARCH_INTERVAL, () => this.#search(left - 1));
  }

  #narrow(): void {
    this.#raiseAt = this.#context.clock.now() + this.#raiseAfter;
    this.#change(this.#longestAnswered, this.#isRefused ? "refused" : "dropped");
    this.#finish();
  }

  #backOff(): void {
    const longest = this.#hasAnswered ? RETRY_MAX : UNKNOWN_PEER_RETRY_MAX;
    this.#schedule(Math.min(CONFIRM_INTERVAL * 2 ** this.#failedAttempts++, longest), () => this.#wake());
  }

  #finish(): void {
    this.#schedule(CONFIRM_INTERVAL, () => this.#wake());
  }

  #wake(): void {
    this.#timer = undefined;
    if (this.#isDue) this.#probe();
  }

  #probe(): void {
    if (this.#context.clock.now() >= this.#raiseAt) this.#raise(SEARCH_ROUNDS);
    else this.#confirm();
  }

  #raise(left: number): void {
    if (left === SEARCH_ROUNDS) this.#reset();
    if (left === 0) return this.#endRaise();
    for (const size of this.#candidates)
      if (size > Math.max(this.payload, this.#longestAnswered)) this.#sendProbe(size);
    this.#schedule(left === 1 ? this.#answerTimeout : SEARCH_INTERVAL, () => this.#raise(left - 1));
  }

  #endRaise(): void {
    this.#raiseAfter = Math.min(RAISE_MAX, 2 * this.#raiseAfter);
    if (this.#longestAnswered > this.payload) this.#change(this.#longestAnswered, "grown");
    const isFull = this.payload === this.#candidates[0];
    this.#raiseAt = isFull ? Infinity : this.#context.clock.now() + this.#raiseAfter;
    this.#finish();
  }

  #change(payload: number, why: PathChange["why"]): void {
    const before = this.payload;
    this.payload = payload;
    this.#context.changed({ before, now: payload, why });
  }

  #sendProbe(size: number): boolean {
    const isSent = this.#context.probe(size);
    if (!isSent) this.#isRefused = true;
    return isSent;
  }

  #schedule(seconds: number, fire: () => void): void {
    this.#timer = this.#context.clock.at(this.#context.clock.now() + seconds, fire);
  }
}
