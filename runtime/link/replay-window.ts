/** Number of the latest counters, the greatest included, of which the window knows whether they have been seen. As in WireGuard. */
export const REPLAY_WINDOW = 8128;

/** A power of two above the window, so that a word can be cleared as a whole when the window reaches it. */
const RING_BITS = 8192;
const WORD_BITS = 32;
const RING_WORDS = RING_BITS / WORD_BITS;

/**
 * The counters that one lane of a session has seen (RFC 6479). Each counter is accepted once, and none that is older than the window.
 * Counters are integers from 0 to 2^53 - 1.
 */
export class ReplayWindow {
  /** Greatest counter accepted, plus 1. */
  #next = 0;
  /** The bit of a counter is that of the counter modulo the length of the ring. */
  readonly #seen = new Uint32Array(RING_WORDS);

  /** Returns whether `accept` would accept the counter. A receiver asks before it opens a datagram. */
  admits(counter: number): boolean {
    if (counter >= this.#next) return true;
    if (this.#next - counter > REPLAY_WINDOW) return false;
    return ((this.#seen[wordOf(counter)] as number) & bitOf(counter)) === 0;
  }

  /**
   * Marks a counter as seen. Returns false if it was seen before or is older than the window. To be called only after the datagram
   * has proved authentic, since a greater counter moves the window.
   */
  accept(counter: number): boolean {
    if (!this.admits(counter)) return false;
    if (counter >= this.#next) this.#advance(counter);
    this.#seen[wordOf(counter)] = (this.#seen[wordOf(counter)] as number) | bitOf(counter);
    return true;
  }

  /** Clears the words between the greatest counter so far and a greater one. */
  #advance(counter: number): void {
    const first = Math.floor((this.#next - 1) / WORD_BITS) + 1;
    const last = Math.floor(counter / WORD_BITS);
    if (last - first >= RING_WORDS) this.#seen.fill(0);
    else for (let word = first; word <= last; word++) this.#seen[word % RING_WORDS] = 0;
    this.#next = counter + 1;
  }
}

function wordOf(counter: number): number {
  return Math.floor(counter / WORD_BITS) % RING_WORDS;
}

function bitOf(counter: number): number {
  return 1 << (counter % WORD_BITS);
}
