/**
 * Congestion control of RFC 5681 with the fast recovery of RFC 6582 (NewReno). `TcpSender` reports acknowledgements and timeouts, and
 * sends while the bytes in flight are below `window`.
 */
export class NewReno {
  readonly #segment: number;
  #window: number;
  #threshold = Infinity;
  /** In congestion avoidance: acknowledged bytes that count towards the next increase of the window. */
  #acknowledged = 0;
  #duplicates = 0;
  /** Highest byte that was sent when the latest recovery began; a loss below it starts no further recovery. */
  #recover = -1;
  #isRecovering = false;

  /** `segment` is the maximum segment size in bytes. */
  constructor(segment: number) {
    this.#segment = segment;
    this.#window = initialWindow(segment);
  }

  /**
   * Bytes that may be in flight: the congestion window, and one segment for each of the first two duplicate acknowledgements (RFC 3042).
   */
  get window(): number {
    const limitedTransmit = this.#isRecovering ? 0 : Math.min(this.#duplicates, 2) * this.#segment;
    return this.#window + limitedTransmit;
  }

  get isRecovering(): boolean {
    return this.#isRecovering;
  }

  /**
   * Handles an acknowledgement of new data up to the byte `acknowledged`. `wasLimited` says whether the window kept the sender from
   * sending. Returns true if the first unacknowledged segment must be sent again (a partial acknowledgement).
   */
  acknowledge(bytes: number, acknowledged: number, inFlight: number, wasLimited: boolean): boolean {
    this.#duplicates = 0;
    if (!this.#isRecovering) {
      if (wasLimited) this.#grow(bytes);
      return false;
    }
    if (acknowledged >= this.#recover) {
      this.#isRecovering = false;
      this.#window = Math.min(this.#threshold, Math.max(inFlight, this.#segment) + this.#segment);
      return false;
    }
    this.#window = Math.max(this.#window - bytes + (bytes >= this.#segment ? this.#segment : 0), this.#segment);
    return true;
  }

  /** Handles a duplicate acknowledgement. Returns true if the first unacknowledged segment must be sent again. */
  duplicate(acknowledged: number, inFlight: number, highest: number): boolean {
    this.#duplicates++;
    if (this.#isRecovering) {
      this.#window += this.#segment;
      return false;
    }
    if (this.#duplicates !== 3 || acknowledged - 1 <= this.#recover) return false;
    this.#reduce(inFlight);
    this.#recover = highest;
    this.#isRecovering = true;
    this.#window = this.#threshold + 3 * this.#segment;
    return true;
  }

  /** Handles an expired retransmission timer. `isFirst`: the timer has not expired for this segment before. */
  timedOut(inFlight: number, highest: number, isFirst: boolean): void {
    if (isFirst) this.#reduce(inFlight);
    this.#window = this.#segment;
    this.#acknowledged = 0;
    this.#duplicates = 0;
    this.#recover = highest;
    this.#isRecovering = false;
  }

  /** Restarts after an idle time of more than a retransmission timeout (RFC 5681, section 4.1). */
  idle(): void {
    this.#window = Math.min(this.#window, initialWindow(this.#segment));
  }

  /** Slow start below the threshold, congestion avoidance above. */
  #grow(bytes: number): void {
    if (this.#window < this.#threshold) {
      this.#window += Math.min(bytes, this.#segment);
      return;
    }
    this.#acknowledged += bytes;
    if (this.#acknowledged < this.#window) return;
    this.#acknowledged -= this.#window;
    this.#window += this.#segment;
  }

  #reduce(inFlight: number): void {
    this.#threshold = Math.max(inFlight / 2, 2 * this.#segment);
    this.#acknowledged = 0;
  }
}

/** Initial window of RFC 5681: two to four segments. */
function initialWindow(segment: number): number {
  return segment > 2190 ? 2 * segment : segment > 1095 ? 3 * segment : 4 * segment;
}
