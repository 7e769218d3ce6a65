import type { Row } from "../engine/tables/row.ts";
import type { StrandTable } from "../engine/strand-host.ts";
import type { Table } from "../engine/tables/table.ts";
import { keyOfColumns } from "../engine/tables/table-index.ts";
import type { Key } from "../plan/values/key.ts";

const NONE: readonly Row[] = [];

/** Message about a query that reads more rows and items than its budget allows. */
export const TOO_MANY_READS = "the query reads more rows than its budget allows";

/** Exception that ends a query over its budget. Caught by `evaluate`. */
export class BudgetExceeded extends Error {}

/** Number of rows that a query may still read. */
export class QueryBudget {
  #left: number;

  constructor(rows: number) {
    this.#left = rows;
  }

  spend(rows: number): void {
    this.#left -= rows;
    if (this.#left < 0) throw new BudgetExceeded(TOO_MANY_READS);
  }
}

/** Table of a node as a query reads it: counts reads against the budget, and builds the indexes of the query on demand. */
export class QueryTable implements StrandTable {
  readonly #table: Table;
  readonly #columns: readonly (readonly number[])[];
  readonly #budget: QueryBudget;
  readonly #indexes: (ReadonlyMap<Key, readonly Row[]> | undefined)[] = [];

  /** `indexes` has the columns of each index that the query's plan uses. */
  constructor(table: Table, indexes: readonly (readonly number[])[], budget: QueryBudget) {
    this.#table = table;
    this.#columns = indexes;
    this.#budget = budget;
  }

  get count(): number {
    return this.#table.count;
  }

  /** Charges for all rows, because a reader of the first row scans the table. */
  get first(): Row | null {
    this.#budget.spend(this.#table.count + 1);
    return this.#table.first;
  }

  find(key: Key): Row | undefined {
    this.#budget.spend(1);
    return this.#table.find(key);
  }

  bucket(index: number, key: Key): readonly Row[] {
    const rows = (this.#indexes[index] ??= this.#index(this.#columns[index] as readonly number[])).get(key) ?? NONE;
    this.#budget.spend(rows.length + 1);
    return rows;
  }

  #index(columns: readonly number[]): ReadonlyMap<Key, readonly Row[]> {
    const index = new Map<Key, Row[]>();
    for (let row = this.first; row !== null; row = row.next) {
      const key = keyOfColumns(row.values, columns);
      const bucket = index.get(key);
      if (bucket === undefined) index.set(key, [row]);
      else bucket.push(row);
    }
    return index;
  }
}
