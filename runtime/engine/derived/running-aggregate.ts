/**
 * Aggregates that follow the changes of a large group, so that their cost depends on the changes and not on the group. `accumulator` in
 * the library defines the same aggregates over all values at once.
 */
import type { AggregateKind } from "../../plan/contract/plan.ts";
import { ExactSum } from "../../plan/library/aggregates/exact-sum.ts";
import { divide } from "../../plan/library/operators/operators.ts";
import { type Key, keyOf } from "../../plan/values/key.ts";
import { compare, type Value } from "../../plan/values/value.ts";
import { EntryHeap } from "./entry-heap.ts";
import type { GroupEntry } from "./group-entry.ts";

/** Aggregate of one column over the entries of a group. */
export interface RunningAggregate {
  /**
   * Takes a change of the count of an entry, which already has the new count. Returns false if the aggregate cannot follow the
   * change. The caller then discards it.
   */
  update(entry: GroupEntry, change: number): boolean;
  /** Returns the aggregate; undefined if it has no value. Called only while the group has entries. */
  result(): Value | undefined;
  /** Returns the entry that `min` or `max` takes its value from; undefined for other aggregates. */
  winner(): GroupEntry | undefined;
}

/**
 * Returns the running form of an aggregate of a column; undefined if it needs all values in order. `winnerColumns` decide between equal
 * values of `min` and `max`.
 */
export function runningAggregate(
  kind: AggregateKind,
  column: number,
  winnerColumns: readonly number[],
): RunningAggregate | undefined {
  switch (kind) {
    case "min":
      return new RunningExtreme(-1, column, winnerColumns);
    case "max":
      return new RunningExtreme(1, column, winnerColumns);
    case "count":
      return new RunningCount();
    case "sum":
      return new RunningSum(column);
    case "avg":
      return new RunningAverage(column);
    case "countDistinct":
      return new RunningCountDistinct(column);
    case "list":
    case "set":
    case "union":
      return undefined;
  }
}

/** `min` and `max`. */
class RunningExtreme implements RunningAggregate {
  readonly #column: number;
  readonly #heap: EntryHeap;

  constructor(direction: 1 | -1, column: number, winnerColumns: readonly number[]) {
    this.#column = column;
    this.#heap = new EntryHeap((one, other) => {
      const order = compareAt(column, one, other) * direction;
      return order > 0 || (order === 0 && compareColumns(winnerColumns, one, other) < 0);
    });
  }

  update(entry: GroupEntry, change: number): boolean {
    if (entry.count === change) this.#heap.add(entry);
    else if (entry.count === 0) this.#heap.noteRemoved();
    return true;
  }

  result(): Value | undefined {
    return this.winner()?.values[this.#column];
  }

  winner(): GroupEntry | undefined {
    return this.#heap.best();
  }
}

class RunningCount implements RunningAggregate {
  #count = 0;

  update(_entry: GroupEntry, change: number): boolean {
    this.#count += change;
    return true;
  }

  result(): Value {
    return this.#count;
  }

  winner(): undefined {
    return undefined;
  }
}

class RunningSum implements RunningAggregate {
  readonly #column: number;
  readonly #sum = new ExactSum();
  /** Number of values that are not numbers. While there is one, the sum has no value. */
  #others = 0;

  constructor(column: number) {
    this.#column = column;
  }

  update({ values }: GroupEntry, change: number): boolean {
    const value = values[this.#column];
    if (typeof value !== "number") this.#others += change;
    else this.#add(value, change);
    return !this.#sum.hasOverflowed;
  }

  #add(value: number, times: number): void {
    for (let i = 0; i < times; i++) this.#sum.add(value);
    for (let i = 0; i > times; i--) this.#sum.remove(value);
  }

  result(): Value | undefined {
    return this.#others === 0 ? this.#sum.result() : undefined;
  }

  winner(): undefined {
    return undefined;
  }
}

class RunningAverage implements RunningAggregate {
  readonly #sum: RunningSum;
  #count = 0;

  constructor(column: number) {
    this.#sum = new RunningSum(column);
  }

  update(entry: GroupEntry, change: number): boolean {
    this.#count += change;
    return this.#sum.update(entry, change);
  }

  result(): Value | undefined {
    const sum = this.#sum.result();
    return sum === undefined ? undefined : divide(sum, this.#count);
  }

  winner(): undefined {
    return undefined;
  }
}

class RunningCountDistinct implements RunningAggregate {
  readonly #column: number;
  /** Number of entries with a value, by the key of the value. */
  readonly #entries = new Map<Key, number>();

  constructor(column: number) {
    this.#column = column;
  }

  update({ values, count }: GroupEntry, change: number): boolean {
    if (count === change) this.#change(keyOf(values[this.#column] as Value), 1);
    else if (count === 0) this.#change(keyOf(values[this.#column] as Value), -1);
    return true;
  }

  #change(key: Key, change: 1 | -1): void {
    const count = (this.#entries.get(key) ?? 0) + change;
    if (count === 0) this.#entries.delete(key);
    else this.#entries.set(key, count);
  }

  result(): Value {
    return this.#entries.size;
  }

  winner(): undefined {
    return undefined;
  }
}

function compareAt(column: number, one: GroupEntry, other: GroupEntry): number {
  return compare(one.values[column] as Value, other.values[column] as Value);
}

/** Compares the entries by the first of the columns in which they differ. */
function compareColumns(columns: readonly number[], one: GroupEntry, other: GroupEntry): number {
  for (const column of columns) {
    const order = compareAt(column, one, other);
    if (order !== 0) return order;
  }
  return 0;
}
