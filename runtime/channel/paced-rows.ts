/**
 * Row changes that this node derives for another of its names, on their way to the next step. ViewChannel adds the changes of a step;
 * changes beyond the send rate wait, so that rows which derive each other for ever leave time for other steps. No change is lost.
 */
import { bytesOfChange, type RowChange } from "./row-change.ts";

/** Counts one change for a location against the send rate. Returns false if the change exceeds the rate. `now` is in seconds. */
export type TakeRow = (location: string, now: number) => boolean;

const INTERVAL_SECONDS = 0.02;

export class PacedRows {
  readonly #take: TakeRow;
  readonly #waiting = new Map<string, RowChange[]>();
  #next = Infinity;
  /** Number of changes that wait, and their approximate memory in bytes. */
  length = 0;
  bytes = 0;

  constructor(take: TakeRow) {
    this.#take = take;
  }

  /** Time at which `due` must be called next; infinite if nothing waits. */
  get next(): number {
    return this.#next;
  }

  /**
   * Adds changes for a location, in order. Returns the changes that need not wait. Exempt changes wait only if earlier changes for the
   * location wait.
   */
  add(location: string, changes: readonly RowChange[], isExempt: boolean, now: number): readonly RowChange[] {
    const before = this.#waiting.get(location);
    if (before === undefined && isExempt) return changes;
    const admitted = before === undefined ? this.#countAdmitted(location, changes, now) : 0;
    if (admitted === changes.length) return changes;
    const waiting = before ?? [];
    this.#waiting.set(location, waiting);
    for (const change of changes.slice(admitted)) {
      waiting.push(change);
      this.length++;
      this.bytes += bytesOfChange(change);
    }
    if (this.#next === Infinity) this.#next = now + INTERVAL_SECONDS;
    return changes.slice(0, admitted);
  }

  /** Removes and returns the changes that need not wait any longer. */
  due(now: number): readonly (readonly [location: string, changes: readonly RowChange[]])[] {
    if (now < this.#next) return [];
    const all = [...this.#waiting].map(([location, changes]) => {
      const admitted = changes.splice(0, this.#countAdmitted(location, changes, now));
      if (changes.length === 0) this.#waiting.delete(location);
      for (const change of admitted) this.bytes -= bytesOfChange(change);
      this.length -= admitted.length;
      return [location, admitted] as const;
    });
    this.#next = this.#waiting.size === 0 ? Infinity : now + INTERVAL_SECONDS;
    return all.filter(([, changes]) => changes.length > 0);
  }

  #countAdmitted(location: string, changes: readonly RowChange[], now: number): number {
    let admitted = 0;
    while (admitted < changes.length && this.#take(location, now)) admitted++;
    return admitted;
  }
}
