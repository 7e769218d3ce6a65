import { type Key, keyOf, keyOfSelected } from "../../plan/values/key.ts";
import type { Value, Values } from "../../plan/values/value.ts";
import type { Row } from "./row.ts";

const NO_ROWS: readonly Row[] = [];

/** Hash index of a table on some columns. Rows store their position in their bucket, so removal takes constant time. */
export class TableIndex {
  readonly #columns: readonly number[];
  readonly #number: number;
  readonly #buckets = new Map<Key, Row[]>();

  /** `number` is the position of the index in `TableSpec.indexes`. */
  constructor(columns: readonly number[], number: number) {
    this.#columns = columns;
    this.#number = number;
  }

  bucket(key: Key): readonly Row[] {
    return this.#buckets.get(key) ?? NO_ROWS;
  }

  keyOf({ values }: Row): Key {
    return keyOfColumns(values, this.#columns);
  }

  add(row: Row): void {
    const key = this.keyOf(row);
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      row.bucketPositions[this.#number] = 0;
      this.#buckets.set(key, [row]);
    } else {
      row.bucketPositions[this.#number] = bucket.length;
      bucket.push(row);
    }
  }

  /** Removes the row. The last row of the bucket takes its position. */
  remove(row: Row): void {
    const key = this.keyOf(row);
    const bucket = this.#buckets.get(key);
    const last = bucket?.pop();
    if (bucket === undefined || last === undefined) return;
    if (bucket.length === 0) this.#buckets.delete(key);
    if (last === row) return;
    const position = row.bucketPositions[this.#number] as number;
    bucket[position] = last;
    last.bucketPositions[this.#number] = position;
  }
}

/**
 * Returns the key of some columns: of one column the key of its value, of several columns one key for all values. Emitted code computes
 * keys in the same way.
 */
export function keyOfColumns(values: Values, columns: readonly number[]): Key {
  if (columns.length === 1) return keyOf(values[columns[0] as number] as Value);
  return keyOfSelected(values, columns);
}
