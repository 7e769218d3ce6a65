/** Most memory that is kept for the next step, in bytes: about sixteen trains. */
const KEPT_BYTES = 1 << 20;

/**
 * Memory for the trains that functions make in a step. The next step reuses the memory, so values that outlive the step must be copied.
 * Copying costs less than collecting fresh memory for each train of 64 KiB as garbage.
 */
export class TrainMemory {
  #bytes: Uint8Array = new Uint8Array(0);
  #used = 0;

  /** Begins a step: all memory is free. */
  reset(): void {
    this.#used = 0;
  }

  /** Returns `size` bytes of memory with undefined content. */
  take(size: number): Uint8Array {
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(KEPT_BYTES);
    if (this.#used + size > this.#bytes.length) return new Uint8Array(size);
    const taken = new Uint8Array(this.#bytes.buffer, this.#used, size);
    this.#used += size;
    return taken;
  }
}
