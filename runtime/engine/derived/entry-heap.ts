import type { GroupEntry } from "./group-entry.ts";

/** Number of entries below which a heap is not worth cleaning. */
const SMALL_HEAP = 16;

/**
 * Binary heap of the entries of a group, the best one first. An entry whose count becomes 0 stays in the heap until it comes to the top,
 * or until such entries are the larger part of the heap.
 */
export class EntryHeap {
  readonly #isBetter: (one: GroupEntry, other: GroupEntry) => boolean;
  #entries: GroupEntry[] = [];
  /** Number of entries whose count is not 0. */
  #live = 0;

  /** `isBetter` is a strict order. */
  constructor(isBetter: (one: GroupEntry, other: GroupEntry) => boolean) {
    this.#isBetter = isBetter;
  }

  /** Takes an entry whose count was 0. The heap may still hold it. */
  add(entry: GroupEntry): void {
    this.#live++;
    this.#entries.push(entry);
    this.#rise(this.#entries.length - 1);
    this.#cleanIfSparse();
  }

  /** Notes that the count of an entry became 0. */
  noteRemoved(): void {
    this.#live--;
    this.#cleanIfSparse();
  }

  /** Returns the best entry; undefined if there is none. */
  best(): GroupEntry | undefined {
    while (this.#entries[0]?.count === 0) this.#removeFirst();
    return this.#entries[0];
  }

  #removeFirst(): void {
    const last = this.#entries.pop() as GroupEntry;
    if (this.#entries.length === 0) return;
    this.#entries[0] = last;
    this.#sink(0);
  }

  /** Number of entries that the heap holds, with those whose count is 0. */
  get size(): number {
    return this.#entries.length;
  }

  #cleanIfSparse(): void {
    if (this.#entries.length <= SMALL_HEAP + 2 * this.#live) return;
    this.#entries = [...new Set(this.#entries)].filter(({ count }) => count !== 0);
    for (let at = (this.#entries.length >> 1) - 1; at >= 0; at--) this.#sink(at);
  }

  #rise(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#swapIfBetter(at, parent)) return;
      at = parent;
    }
  }

  #sink(from: number): void {
    let at = from;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= this.#entries.length) return;
      const child = this.#isBetterAt(left + 1, left) ? left + 1 : left;
      if (!this.#swapIfBetter(child, at)) return;
      at = child;
    }
  }

  /** Swaps two entries if the one at `child` is better. */
  #swapIfBetter(child: number, parent: number): boolean {
    if (!this.#isBetterAt(child, parent)) return false;
    const better = this.#entries[child] as GroupEntry;
    this.#entries[child] = this.#entries[parent] as GroupEntry;
    this.#entries[parent] = better;
    return true;
  }

  #isBetterAt(one: number, other: number): boolean {
    const entry = this.#entries[one];
    return entry !== undefined && this.#isBetter(entry, this.#entries[other] as GroupEntry);
  }
}
