import type { Row } from "./row.ts";

/** Doubly linked list of the rows of a table, in the order in which they expire. A row is in at most one list. */
export class RowList {
  /** Oldest row: the next to expire, and to be evicted by the policy `fifo`. */
  first: Row | null = null;
  #last: Row | null = null;
  #stamps = 0;

  /** Adds the row at the end. `detach` is the inverse. */
  append(row: Row): void {
    row.stamp = ++this.#stamps;
    this.attach(row, this.#last);
  }

  /** Adds the row at the position that its expiry time gives it. */
  insertByExpiry(row: Row): void {
    row.stamp = ++this.#stamps;
    let previous = this.#last;
    while (previous !== null && previous.expires > row.expires) previous = previous.previous;
    this.attach(row, previous);
  }

  /** Adds a detached row at the position that its stamp gives it. */
  restore(row: Row): void {
    let previous = this.#last;
    while (previous !== null && previous.stamp > row.stamp) previous = previous.previous;
    this.attach(row, previous);
  }

  /** Links the row behind `previous`, or at the start for null. */
  attach(row: Row, previous: Row | null): void {
    const next = previous === null ? this.first : previous.next;
    row.previous = previous;
    row.next = next;
    if (previous === null) this.first = row;
    else previous.next = row;
    if (next === null) this.#last = row;
    else next.previous = row;
  }

  detach(row: Row): void {
    if (row.previous === null) this.first = row.next;
    else row.previous.next = row.next;
    if (row.next === null) this.#last = row.previous;
    else row.next.previous = row.previous;
  }
}
