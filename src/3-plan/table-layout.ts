import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";

/** Collects, while strands are planned, the column lists that tables must be indexed by. */
export class TableLayout {
  readonly #indexes = new Map<number, number[][]>();

  /** The number of the table's index on these columns, made when there is none. An index on no columns holds all rows. */
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
