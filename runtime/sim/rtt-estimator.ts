/** Initial and greatest retransmission timeout in seconds (RFC 6298, rules 2.1 and 2.5). */
const INITIAL_SECONDS = 1;
const MOST_SECONDS = 60;
/** Least retransmission timeout, as in Linux. RFC 6298 recommends one second. */
const LEAST_SECONDS = 0.2;
const GRANULARITY_SECONDS = 0.001;
const ALPHA = 1 / 8;
const BETA = 1 / 4;
const K = 4;

/** Estimator of the round-trip time and the retransmission timeout of RFC 6298. The caller passes no samples of retransmitted segments. */
export class RttEstimator {
  #smoothed: number | undefined;
  #variation = 0;
  #timeout = INITIAL_SECONDS;

  /** Retransmission timeout in seconds. */
  get timeout(): number {
    return this.#timeout;
  }

  /** Adds a round-trip time in seconds. Ends the back-off. */
  add(roundTrip: number): void {
    if (this.#smoothed === undefined) {
      this.#smoothed = roundTrip;
      this.#variation = roundTrip / 2;
    } else {
      this.#variation = (1 - BETA) * this.#variation + BETA * Math.abs(this.#smoothed - roundTrip);
      this.#smoothed = (1 - ALPHA) * this.#smoothed + ALPHA * roundTrip;
    }
    const timeout = this.#smoothed + Math.max(GRANULARITY_SECONDS, K * this.#variation);
    this.#timeout = Math.min(Math.max(timeout, LEAST_SECONDS), MOST_SECONDS);
  }

  /** Doubles the timeout after it expired (rule 5.5). */
  backOff(): void {
    this.#timeout = Math.min(2 * this.#timeout, MOST_SECONDS);
  }

  /** Sets the timeout after the loss of a SYN (rule 5.7). */
  restart(seconds: number): void {
    this.#timeout = seconds;
  }
}
