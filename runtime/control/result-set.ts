import { type Accumulator, accumulator } from "../plan/library/aggregates/accumulator.ts";
import { keyOfRow } from "../plan/values/key.ts";
import type { Row, Value } from "../plan/values/value.ts";
import type { Query } from "./compiler.ts";

/** Gathers the answers to a query: each different one once, or one a group where the query has aggregates. */
export interface ResultSet {
  readonly size: number;
  add(args: Row): void;
  rows(): readonly Row[];
}

export function resultSetFor({ aggregates }: Query): ResultSet {
  return aggregates === undefined ? new DistinctRows() : new GroupedRows(aggregates);
}

class DistinctRows implements ResultSet {
  readonly #rows = new Map<string, Row>();

  get size(): number {
    return this.#rows.size;
  }

  add(args: Row): void {
    this.#rows.set(keyOfRow(args), args);
  }

  rows(): readonly Row[] {
    return [...this.#rows.values()];
  }
}

interface Group {
  readonly args: Row;
  readonly sums: readonly (Accumulator | undefined)[];
}

class GroupedRows implements ResultSet {
  readonly #columns: NonNullable<Query["aggregates"]>;
  readonly #groups = new Map<string, Group>();

  constructor(columns: NonNullable<Query["aggregates"]>) {
    this.#columns = columns;
  }

  get size(): number {
    return this.#groups.size;
  }

  add(args: Row): void {
    const { sums } = this.#group(args);
    for (const [column, sum] of sums.entries()) sum?.add(args[column] as Value, 1, []);
  }

  /** A group whose aggregate has no value shows null there. */
  rows(): readonly Row[] {
    return [...this.#groups.values()].map(({ args, sums }) =>
      sums.map((sum, column) => (sum === undefined ? (args[column] as Value) : (sum.result() ?? null))),
    );
  }

  #group(args: Row): Group {
    const key = keyOfRow(args.filter((_, column) => this.#columns[column] === "group"));
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const sums = this.#columns.map((kind) => (kind === "group" ? undefined : accumulator(kind)));
    const group = { args, sums };
    this.#groups.set(key, group);
    return group;
  }
}
