/** Set of states by their hashes: open addressing in typed arrays, 12 bytes a slot. Each state has a number, in the order of insertion. */
import type { Digest } from "./digest.ts";

const FIRST_CAPACITY = 1 << 12;
/** The table grows when it is fuller than this. */
const LOAD_MAX = 0.6;

export class StateSet {
  #capacity = FIRST_CAPACITY;
  #words = new Int32Array(2 * FIRST_CAPACITY);
  #numbers = new Uint32Array(FIRST_CAPACITY);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a state. Returns its number, or, if the set has it already, -1 minus its number. */
  add({ low, high }: Digest): number {
    // Both words are 0 in an empty slot.
    const second = low === 0 && high === 0 ? 1 : high;
    let slot = this.#slotOf(low, second);
    if (this.#numbers[slot] !== 0) return -(this.#numbers[slot] as number);
    if (this.#size >= this.#capacity * LOAD_MAX) {
      this.#grow();
      slot = this.#slotOf(low, second);
    }
    this.#put(slot, low, second, ++this.#size);
    return this.#size - 1;
  }

  has({ low, high }: Digest): boolean {
    return this.#numbers[this.#slotOf(low, low === 0 && high === 0 ? 1 : high)] !== 0;
  }

  /** Returns the slot that holds the state, or the empty slot for it. */
  #slotOf(low: number, high: number): number {
    const mask = this.#capacity - 1;
    let slot = (low ^ (high >>> 7)) & mask;
    while (this.#numbers[slot] !== 0) {
      if (this.#words[2 * slot] === low && this.#words[2 * slot + 1] === high) return slot;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #put(slot: number, low: number, high: number, number: number): void {
    this.#words[2 * slot] = low;
    this.#words[2 * slot + 1] = high;
    this.#numbers[slot] = number;
  }

  #grow(): void {
    const [words, numbers] = [this.#words, this.#numbers];
    this.#capacity *= 2;
    this.#words = new Int32Array(2 * this.#capacity);
    this.#numbers = new Uint32Array(this.#capacity);
    numbers.forEach((number, at) => {
      if (number === 0) return;
      const [low, high] = [words[2 * at] as number, words[2 * at + 1] as number];
      this.#put(this.#slotOf(low, high), low, high, number);
    });
  }
}
