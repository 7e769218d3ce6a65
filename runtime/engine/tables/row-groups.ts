import { type Key, keyOf } from "../../plan/values/key.ts";
import type { Value } from "../../plan/values/value.ts";
import type { Row } from "./row.ts";

/**
 * Rows of a table whose size limits each group of rows instead of the whole table. A group is all rows with the same value in one column.
 */
export class RowGroups {
  readonly #column: number;
  readonly #size: number;
  readonly #groups = new Map<Key, Set<Row>>();
  readonly #overfull = new Set<Set<Row>>();

  constructor(column: number, size: number) {
    this.#column = column;
    this.#size = size;
  }

  /** Rows of some group that has more rows than the size; undefined if there is none. */
  get overfull(): Iterable<Row> | undefined {
    for (const group of this.#overfull) return group;
    return undefined;
  }

  add(row: Row): void {
    const key = this.keyOf(row);
    const group = this.#groups.get(key) ?? new Set();
    this.#groups.set(key, group);
    group.add(row);
    if (group.size > this.#size) this.#overfull.add(group);
  }

  remove(row: Row): void {
    const key = this.keyOf(row);
    const group = this.#groups.get(key);
    if (group === undefined) return;
    group.delete(row);
    if (group.size <= this.#size) this.#overfull.delete(group);
    if (group.size === 0) this.#groups.delete(key);
  }

  keyOf({ values }: Row): Key {
    return keyOf(values[this.#column] as Value);
  }
}
