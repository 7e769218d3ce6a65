import type { Row } from "../engine/tables/row.ts";
import type { StrandTable } from "../engine/strand-host.ts";
import type { Table } from "../engine/tables/table.ts";
import { keyOfColumns } from "../engine/tables/table-index.ts";
import type { Key } from "../plan/values/key.ts";

const NONE: readonly Row[] = [];

/** Ends a query that asks for more than a running node can spare; caught where it is evaluated. */
export class BudgetExceeded extends Error {}

/** Rows that a query may still look at. */
export class QueryBudget {
  #left: number;

  constructor(rows: number) {
    this.#left = rows;
  }

  spend(rows: number): void {
    this.#left -= rows;
    if (this.#left < 0) throw new BudgetExceeded("the query looks at too many rows");
  }
}

/** A table as a query reads it: what is looked at is counted, and the indexes that the query wants are its own. */
export class QueryTable implements StrandTable {
  readonly #table: Table;
  readonly #columns: readonly (readonly number[])[];
  readonly #effort: QueryBudget;
  readonly #indexes: (ReadonlyMap<Key, readonly Row[]> | undefined)[] = [];

  /** `indexes`: the column lists that the query looks rows up by. */
  constructor(table: Table, indexes: readonly (readonly number[])[], effort: QueryBudget) {
    this.#table = table;
    this.#columns = indexes;
    this.#effort = effort;
  }

  /** Whoever asks for the first row is about to walk through all of them. */
  get first(): Row | null {
    this.#effort.spend(this.#table.count + 1);
    return this.#table.first;
  }

  find(key: Key): Row | undefined {
    this.#effort.spend(1);
    return this.#table.find(key);
  }

  bucket(index: number, key: Key): readonly Row[] {
    const rows = (this.#indexes[index] ??= this.#index(this.#columns[index] as readonly number[])).get(key) ?? NONE;
    this.#effort.spend(rows.length + 1);
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
