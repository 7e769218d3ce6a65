/**
 * Set of states that several threads share. A thread that adds a state visits it. The capacity is fixed. A slot has two words: a thread
 * claims an empty slot by its first word, then writes the second one, for which readers wait.
 */
import type { Digest } from "./digest.ts";

/** The set is never fuller than this. */
const LOAD_MAX = 0.6;

/** The first word of the memory counts the states. */
const SIZE = 0;
const FIRST_SLOT = 1;

export class SharedStateSet {
  readonly memory: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #capacity: number;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#words = new Int32Array(memory);
    this.#capacity = (this.#words.length - FIRST_SLOT) >> 1;
  }

  /** Returns the memory of a set for up to `states` states. */
  static memoryFor(states: number): SharedArrayBuffer {
    const capacity = 2 ** Math.ceil(Math.log2(states / LOAD_MAX + 1));
    return new SharedArrayBuffer(4 * (FIRST_SLOT + 2 * capacity));
  }

  get size(): number {
    return Atomics.load(this.#words, SIZE);
  }

  /** Adds a state. Returns false if the set has it already. */
  add(digest: Digest): boolean {
    const slot = this.#find(digest, true);
    if (slot < 0) return false;
    Atomics.add(this.#words, SIZE, 1);
    return true;
  }

  has(digest: Digest): boolean {
    return this.#find(digest, false) < 0;
  }

  /** Returns -1 if the set has the state. Otherwise returns the empty slot for it, which this thread now owns if it `claims` the slot. */
  #find({ low, high }: Digest, claims: boolean): number {
    // Both words of a state are other than 0, the word of an empty slot.
    const [first, second] = [low === 0 ? 1 : low, high === 0 ? 1 : high];
    const words = this.#words;
    for (let slot = (low ^ (high >>> 7)) & (this.#capacity - 1); ; slot = (slot + 1) & (this.#capacity - 1)) {
      const at = FIRST_SLOT + 2 * slot;
      const found = claims ? Atomics.compareExchange(words, at, 0, first) : Atomics.load(words, at);
      if (found === 0) {
        if (claims) Atomics.store(words, at + 1, second);
        return slot;
      }
      if (found === first && this.#second(at + 1) === second) return -1;
    }
  }

  /** Reads the second word of a claimed slot, for which the claiming thread needs an instant. */
  #second(at: number): number {
    for (;;) {
      const word = Atomics.load(this.#words, at);
      if (word !== 0) return word;
    }
  }
}
