import type { Clock, Timer } from "../world/world.ts";
import { NewReno } from "./new-reno.ts";
import type { RttEstimator } from "./rtt-estimator.ts";

/** Data segment that the sender asks to transmit. Numbers of bytes are not reduced modulo 2^32. */
export interface OutgoingData {
  readonly sequence: number;
  readonly length: number;
  readonly isFin: boolean;
  readonly isRetransmission: boolean;
}

/** Segment whose round trip is measured. */
interface TimedSegment {
  /** Number of the first byte after the segment. */
  readonly end: number;
  readonly sentAt: number;
}

/** Timeout at the start of data if the SYN was lost (RFC 6298, rule 5.7). */
const TIMEOUT_AFTER_LOST_SYN = 3;

/**
 * Sending side of a TCP connection after its handshake: NewReno congestion control, one round-trip sample per window and none of a
 * retransmitted segment (Karn's algorithm), go-back-N after a timeout. It has neither selective acknowledgements nor time stamps. The first
 * byte of data has the number 1; the FIN takes the number after the last byte.
 */
export class TcpSender {
  readonly #clock: Clock;
  readonly #segment: () => number;
  readonly #transmit: (data: OutgoingData) => void;
  readonly #onRoundTrip: (seconds: number) => void;
  readonly #congestion: NewReno;
  readonly #estimator: RttEstimator;
  readonly #application: TcpSenderSettings["application"];
  #window: number;
  /** First unacknowledged byte, next byte to send, and end of the bytes sent so far. */
  #first = 1;
  #next = 1;
  #highest = 1;
  /** End of the bytes that the application has written. */
  #written = 1;
  #isClosed = false;
  #timed: TimedSegment | undefined;
  #timer: Timer | undefined;
  #timeouts = 0;
  #hasPartial = false;
  #wasLimited = false;
  #lastSentAt = 0;

  constructor(
    clock: Clock,
    { segment, window, estimator, lostSyns, application }: TcpSenderSettings,
    transmit: (data: OutgoingData) => void,
    onRoundTrip: (seconds: number) => void,
  ) {
    this.#clock = clock;
    this.#segment = segment;
    this.#window = window;
    this.#transmit = transmit;
    this.#onRoundTrip = onRoundTrip;
    this.#congestion = new NewReno(segment());
    this.#estimator = estimator;
    this.#application = application;
    if (lostSyns > 0) estimator.restart(TIMEOUT_AFTER_LOST_SYN);
  }

  /** Begins to send. */
  start(): void {
    this.#pump();
  }

  /** Adds bytes of the application. */
  write(bytes: number): void {
    this.#written += bytes;
    this.#pump();
  }

  /** Sends the rest and a FIN. Further bytes must not be written. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#pump();
  }

  /** Sends the unacknowledged bytes again, because segments of the previous length are lost. */
  resend(): void {
    this.#timed = undefined;
    this.#next = this.#first;
    this.#pump();
  }

  /** Handles an acknowledgement. `number`: the next byte that the receiver expects. `window`: the receive window in bytes. */
  acknowledge(number: number, window: number, isPure: boolean): void {
    if (number > this.#highest) return;
    const isSameWindow = window === this.#window;
    this.#window = window;
    if (number > this.#first) this.#advance(number);
    else if (number === this.#first && this.#inFlight > 0 && isPure && isSameWindow) this.#countDuplicate(number);
    this.#pump();
  }

  get #inFlight(): number {
    return this.#highest - this.#first;
  }

  /** Number after the last byte; after `close`, number after the FIN. */
  get #end(): number {
    return this.#written + (this.#isClosed ? 1 : 0);
  }

  #advance(number: number): void {
    const bytes = number - this.#first;
    this.#measure(number);
    this.#timeouts = 0;
    this.#first = number;
    this.#next = Math.max(this.#next, number);
    const isPartial = this.#congestion.acknowledge(bytes, number - 1, this.#inFlight, this.#wasLimited);
    if (isPartial) this.#sendFirst();
    // Only the first partial acknowledgement restarts the timer (RFC 6582, section 4).
    if (!isPartial || !this.#hasPartial) this.#restartTimer();
    this.#hasPartial = isPartial;
  }

  #countDuplicate(number: number): void {
    if (this.#congestion.duplicate(number - 1, this.#inFlight, this.#highest - 1)) this.#sendFirst();
  }

  #measure(number: number): void {
    if (this.#timed === undefined || number < this.#timed.end) return;
    const seconds = this.#clock.now() - this.#timed.sentAt;
    this.#timed = undefined;
    this.#estimator.add(seconds);
    this.#onRoundTrip(seconds);
  }

  #pump(): void {
    if (this.#inFlight === 0 && this.#clock.now() - this.#lastSentAt > this.#estimator.timeout) this.#congestion.idle();
    this.#wasLimited = false;
    while (this.#next < this.#end || this.#pull()) {
      const room = this.#first + Math.min(this.#congestion.window, this.#window) - this.#next;
      const segment = this.#segment();
      const length = Math.min(segment, this.#written - this.#next);
      const isLast = this.#next + length === this.#written && this.#isClosed;
      // A short segment waits for more bytes while others are in flight (Nagle).
      if (length < segment && !isLast && this.#inFlight > 0) return;
      if (room < length) {
        this.#wasLimited = true;
        return;
      }
      this.#send(this.#next);
    }
  }

  /** Lets the application write when all its bytes have been sent. Returns false if it writes nothing. */
  #pull(): boolean {
    if (this.#isClosed) return false;
    const { bytes, isLast } = this.#application();
    this.#written += bytes;
    this.#isClosed = isLast;
    return bytes > 0 || isLast;
  }

  #sendFirst(): void {
    this.#timed = undefined;
    const next = this.#next;
    this.#send(this.#first);
    this.#next = Math.max(next, this.#next);
  }

  /** Sends the segment that begins at a byte. */
  #send(sequence: number): void {
    const length = Math.max(0, Math.min(this.#segment(), this.#written - sequence));
    const isFin = this.#isClosed && sequence + length === this.#written;
    const end = sequence + length + (isFin ? 1 : 0);
    const isRetransmission = sequence < this.#highest;
    this.#next = end;
    this.#highest = Math.max(this.#highest, end);
    this.#lastSentAt = this.#clock.now();
    if (!isRetransmission && this.#timed === undefined) this.#timed = { end, sentAt: this.#lastSentAt };
    this.#transmit({ sequence, length, isFin, isRetransmission });
    if (this.#timer === undefined) this.#restartTimer();
  }

  #restartTimer(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#inFlight === 0) return;
    this.#timer = this.#clock.at(this.#clock.now() + this.#estimator.timeout, () => this.#onTimeout());
  }

  #onTimeout(): void {
    this.#timer = undefined;
    this.#congestion.timedOut(this.#inFlight, this.#highest - 1, this.#timeouts === 0);
    this.#timeouts++;
    this.#estimator.backOff();
    this.#timed = undefined;
    this.#hasPartial = false;
    this.#next = this.#first;
    this.#pump();
  }
}

export interface TcpSenderSettings {
  /** Returns the present maximum segment size. */
  readonly segment: () => number;
  /** Receive window of the other side in bytes. */
  readonly window: number;
  /** Estimator that already has the round-trip time of the handshake, unless a SYN was retransmitted. */
  readonly estimator: RttEstimator;
  /** Called when nothing is left to send. Returns the number of bytes that the application writes now, and whether they are its last. */
  readonly application: () => { readonly bytes: number; readonly isLast: boolean };
  /** Number of retransmitted SYNs. */
  readonly lostSyns: number;
}
