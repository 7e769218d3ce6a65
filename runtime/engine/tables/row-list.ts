import type { Row } from "./row.ts";

/** The rows of a table, from the longest unrefreshed to the newest; a row is in one list at most. */
export class RowList {
  /** The next to expire, and to go when there are too many. */
  first: Row | null = null;
  #last: Row | null = null;
  #stamps = 0;

  /** The newest of all; undone by detaching the row. */
  append(row: Row): void {
    row.stamp = ++this.#stamps;
    this.attach(row, this.#last);
  }

  /** Among those that go sooner and those that go later. */
  place(row: Row): void {
    row.stamp = ++this.#stamps;
    let previous = this.#last;
    while (previous !== null && previous.expires > row.expires) previous = previous.previous;
    this.attach(row, previous);
  }

  /** Back to where it stood, by its stamp. */
  restore(row: Row): void {
    let previous = this.#last;
    while (previous !== null && previous.stamp > row.stamp) previous = previous.previous;
    this.attach(row, previous);
  }

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
