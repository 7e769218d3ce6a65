import { heldBytesOf } from "../plan/values/held-bytes.ts";
import type { Values } from "../plan/values/value.ts";
import type { RowChange } from "./row-change.ts";

/** Limits on the rows that a node holds for all peers together. Anybody can send such rows, from any number of addresses. */
const HELD_ROWS_MAX = 16_384;
const HELD_BYTES_MAX: number = 4 << 20;
/** Largest size of one row. Each table that depends on the row computes keys from it, in time proportional to the size of the row. */
export const ROW_BYTES_MAX = 8192;

/**
 * Number and memory of all rows that peers derived for this node. ViewChannel reports each change of an inlet table by `changed`, and calls
 * `hasRoomFor` before it applies a message. The changes of a step count when the step commits.
 */
export class HeldRows {
  #rows = 0;
  #bytes = 0;
  #pendingRows = 0;
  #pendingBytes = 0;

  get rows(): number {
    return this.#rows;
  }

  changed(kind: "+" | "-", row: Values): void {
    const sign = kind === "+" ? 1 : -1;
    this.#pendingRows += sign;
    this.#pendingBytes += sign * heldBytesOf(row);
  }

  /** Whether the rows that the changes insert fit within the limits. Deletions always do. */
  hasRoomFor(changes: readonly RowChange[]): boolean {
    const inserted = changes.filter(({ isPresent }) => isPresent);
    if (inserted.length === 0) return true;
    const bytes = inserted.reduce((sum, { args }) => sum + heldBytesOf(args), 0);
    return this.#rows + inserted.length <= HELD_ROWS_MAX && this.#bytes + bytes <= HELD_BYTES_MAX;
  }

  /** Returns a function that sets the counts back to their present values. Called between two steps. */
  save(): () => void {
    const [rows, bytes] = [this.#rows, this.#bytes];
    return () => {
      this.#rows = rows;
      this.#bytes = bytes;
    };
  }

  commit(): void {
    this.#rows += this.#pendingRows;
    this.#bytes += this.#pendingBytes;
    this.abort();
  }

  abort(): void {
    this.#pendingRows = 0;
    this.#pendingBytes = 0;
  }
}
