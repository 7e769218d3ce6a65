import type { SimLink } from "./sim-link.ts";
import type { SimEvent, VirtualTime } from "./virtual-time.ts";

/** Retransmission timeouts in seconds: the first one, which doubles each time, and the greatest. */
const FIRST_RETRY_SECONDS = 0.2;
const LONGEST_RETRY_SECONDS = 60;
/** Greatest number of times that one transmission is lost. The next retransmission succeeds. */
const MOST_LOSSES = 15;

interface Transmission {
  /** Earliest time at which the bytes arrive. */
  readonly at: number;
  readonly arrive: () => void;
}

/** One direction of a TCP connection. */
export interface Pipe {
  /** Sends bytes. `arrive` is called when they arrive. */
  push(bytes: number, arrive: () => void): void;
}

/** One direction of a TCP connection over several links, one after the other. */
export class PipeChain implements Pipe {
  readonly #pipes: readonly Pipe[];

  constructor(pipes: readonly Pipe[]) {
    this.#pipes = pipes;
  }

  push(bytes: number, arrive: () => void): void {
    this.#pushFrom(0, bytes, arrive);
  }

  #pushFrom(at: number, bytes: number, arrive: () => void): void {
    const pipe = this.#pipes[at];
    if (pipe === undefined) arrive();
    else pipe.push(bytes, () => this.#pushFrom(at + 1, bytes, arrive));
  }
}

/**
 * One direction of a TCP connection over a link: everything arrives, in order. Losses, full queues and a link that is down delay
 * the arrival, as retransmission would. If the link is down for `timeout` seconds, the pipe discards all and calls `timedOut`.
 */
export class StreamPipe implements Pipe, SimEvent {
  readonly #time: VirtualTime;
  readonly #link: SimLink;
  readonly #timeout: number;
  readonly #timedOut: () => void;
  #transmissions: Transmission[] = [];
  #retrySeconds = FIRST_RETRY_SECONDS;
  /** Time at which the link was first found down. */
  #downSince: number | undefined;

  constructor(time: VirtualTime, link: SimLink, timeout: number, timedOut: () => void) {
    this.#time = time;
    this.#link = link;
    this.#timeout = timeout;
    this.#timedOut = timedOut;
  }

  push(bytes: number, arrive: () => void): void {
    this.#transmissions.push({ at: this.#arrival(bytes), arrive });
    if (this.#transmissions.length === 1) this.#scheduleFirst();
  }

  /** Lets the first transmission arrive, or tries again later if the link is down. */
  fire(): void {
    const [transmission] = this.#transmissions;
    if (transmission === undefined) return;
    if (!this.#link.isUp) return this.#retryLater();
    this.#downSince = undefined;
    this.#retrySeconds = FIRST_RETRY_SECONDS;
    this.#transmissions.shift();
    if (this.#transmissions.length > 0) this.#scheduleFirst();
    transmission.arrive();
  }

  #scheduleFirst(): void {
    this.#time.add(this.#transmissions[0]?.at ?? 0, this);
  }

  #retryLater(): void {
    const { now } = this.#time;
    this.#downSince ??= now;
    if (now - this.#downSince >= this.#timeout) {
      this.#transmissions = [];
      return this.#timedOut();
    }
    this.#time.add(now + this.#retrySeconds, this);
    this.#retrySeconds = Math.min(2 * this.#retrySeconds, LONGEST_RETRY_SECONDS);
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
