import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";

/** Collects the indexes that the planned strands need. */
export class TableLayout {
  readonly #indexes = new Map<number, number[][]>();

  /** Returns the number of the table's index on the columns. Adds the index if it is missing. An index without columns holds all rows. */
  indexOn(table: PredicateSpec, columns: readonly number[]): number {
    const indexes = this.#indexes.get(table.id) ?? [];
    this.#indexes.set(table.id, indexes);
    const known = indexes.findIndex((index) => index.join() === columns.join());
    if (known >= 0) return known;
    indexes.push([...columns]);
    return indexes.length - 1;
  }

  indexesOf(table: number): readonly (readonly number[])[] {
    return this.#indexes.get(table) ?? [];
  }
}
