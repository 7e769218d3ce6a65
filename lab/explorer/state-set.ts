/** Set of states by their hashes: open addressing in one typed array, 8 bytes a slot. */
import type { Digest } from "./digest.ts";

const FIRST_CAPACITY = 1 << 12;
/** The table grows when it is fuller than this. */
const LOAD_MAX = 0.6;

export class StateSet {
  #capacity = FIRST_CAPACITY;
  /** Two words a slot. Both are 0 in an empty slot. */
  #words = new Int32Array(2 * FIRST_CAPACITY);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a state. Returns false if the set has it already. */
  add({ low, high }: Digest): boolean {
    const first = low === 0 && high === 0 ? 1 : low;
    if (this.#size >= this.#capacity * LOAD_MAX) this.#grow();
    const slot = this.#slotOf(first, high);
    if (!this.#isEmpty(slot)) return false;
    this.#put(slot, first, high);
    this.#size++;
    return true;
  }

  has({ low, high }: Digest): boolean {
    return !this.#isEmpty(this.#slotOf(low === 0 && high === 0 ? 1 : low, high));
  }

  /** Returns the slot that holds the state, or the empty slot for it. */
  #slotOf(low: number, high: number): number {
    const mask = this.#capacity - 1;
    let slot = (low ^ (high >>> 7)) & mask;
    while (!this.#isEmpty(slot)) {
      if (this.#words[2 * slot] === low && this.#words[2 * slot + 1] === high) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #isEmpty(slot: number): boolean {
    return this.#words[2 * slot] === 0 && this.#words[2 * slot + 1] === 0;
  }

  #put(slot: number, low: number, high: number): void {
    this.#words[2 * slot] = low;
    this.#words[2 * slot + 1] = high;
  }

  #grow(): void {
    const words = this.#words;
    this.#capacity *= 2;
    this.#words = new Int32Array(2 * this.#capacity);
    for (let at = 0; at < words.length; at += 2) {
      const [low, high] = [words[at] as number, words[at + 1] as number];
      if (low !== 0 || high !== 0) this.#put(this.#slotOf(low, high), low, high);
    }
  }
}
