/** Priority queue of positions, a binary heap. `take` removes the least position. */
export class IndexQueue {
  readonly #heap: number[] = [];

  /** The least position; undefined if the queue is empty. */
  get first(): number | undefined {
    return this.#heap[0];
  }

  add(position: number): void {
    let at = this.#heap.push(position) - 1;
    for (let parent = (at - 1) >> 1; at > 0 && this.#at(parent) > position; parent = (at - 1) >> 1) {
      this.#heap[at] = this.#at(parent);
      at = parent;
    }
    this.#heap[at] = position;
  }

  take(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    let at = 0;
    for (let child = 1; child < this.#heap.length; child = 2 * at + 1) {
      if (child + 1 < this.#heap.length && this.#at(child + 1) < this.#at(child)) child++;
      if (this.#at(child) >= last) break;
      this.#heap[at] = this.#at(child);
      at = child;
    }
    this.#heap[at] = last;
  }

  #at(position: number): number {
    return this.#heap[position] as number;
  }
}
