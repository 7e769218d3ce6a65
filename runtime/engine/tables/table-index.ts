import { type Key, keyOf, keyOfValues } from "../../plan/values/key.ts";
import type { Values, Value } from "../../plan/values/value.ts";
import type { Row } from "./row.ts";

const NOTHING: readonly Row[] = [];

/** Rows of a table by some of their columns. A row knows its place in its bucket, so that it leaves in constant time. */
export class TableIndex {
  readonly #columns: readonly number[];
  readonly #number: number;
  readonly #buckets = new Map<Key, Row[]>();

  /** `number` is the index's position among its table's. */
  constructor(columns: readonly number[], number: number) {
    this.#columns = columns;
    this.#number = number;
  }

  bucket(key: Key): readonly Row[] {
    return this.#buckets.get(key) ?? NOTHING;
  }

  add(row: Row): void {
    const key = keyOfColumns(row.values, this.#columns);
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      row.places[this.#number] = 0;
      this.#buckets.set(key, [row]);
    } else {
      row.places[this.#number] = bucket.length;
      bucket.push(row);
    }
  }

  remove(row: Row): void {
    const key = keyOfColumns(row.values, this.#columns);
    const bucket = this.#buckets.get(key);
    const last = bucket?.pop();
    if (bucket === undefined || last === undefined) return;
    if (bucket.length === 0) this.#buckets.delete(key);
    if (last === row) return;
    const place = row.places[this.#number] as number;
    bucket[place] = last;
    last.places[this.#number] = place;
  }
}

/** The key of one column is the column's own; several columns are joined. Emitted code makes its keys the same way. */
export function keyOfColumns(values: Values, columns: readonly number[]): Key {
  if (columns.length === 1) return keyOf(values[columns[0] as number] as Value);
  return keyOfValues(columns.map((column) => values[column] as Value));
}
