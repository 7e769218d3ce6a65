const NONCE_BYTES = 12;
const WORD = 0x1_0000_0000;

/**
 * Nonces of one node. All nonces come from one counter with a random start. So no two nonces of a node have the same last 8 bytes,
 * whatever keys and prefixes the rules use, and after a restart a repetition is improbable. The counter does not go back when a step is
 * undone.
 */
export class Nonces {
  /** Words of 32 bits, the most significant first. */
  readonly #counter: [number, number, number];

  /** `random` returns numbers from 0, below 1. */
  constructor(random: () => number) {
    const word = (): number => Math.floor(random() * WORD);
    this.#counter = [word(), word(), word()];
  }

  /** Returns a function that sets the counter back to its present value, for a simulated node only. */
  save(): () => void {
    const [high, middle, low] = this.#counter;
    return () => {
      this.#counter.splice(0, 3, high, middle, low);
    };
  }

  /** Writes the prefix, then the last bytes of the incremented counter, to `nonce`, 12 bytes. `prefix` has at most 4 bytes. */
  next(prefix: Uint8Array, nonce: Uint8Array): void {
    const counter = this.#counter;
    let word = counter.length - 1;
    do counter[word] = ((counter[word] as number) + 1) % WORD;
    while (counter[word] === 0 && --word >= 0);
    for (let at = 0; at < NONCE_BYTES; at++) nonce[at] = (counter[at >> 2] as number) >>> (24 - 8 * (at & 3));
    nonce.set(prefix);
  }
}
