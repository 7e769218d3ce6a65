import { type Accumulator, accumulator } from "../plan/library/aggregates/accumulator.ts";
import { keyOfValues } from "../plan/values/key.ts";
import type { Values, Value } from "../plan/values/value.ts";
import type { Query } from "./compiler.ts";

/** Result of a query: distinct rows, or one row per group if the query has aggregates. */
export interface ResultSet {
  readonly size: number;
  add(args: Values): void;
  rows(): readonly Values[];
}

export function resultSetFor({ aggregates }: Query): ResultSet {
  return aggregates === undefined ? new DistinctRows() : new GroupedRows(aggregates);
}

class DistinctRows implements ResultSet {
  readonly #rows = new Map<string, Values>();

  get size(): number {
    return this.#rows.size;
  }

  add(args: Values): void {
    this.#rows.set(keyOfValues(args), args);
  }

  rows(): readonly Values[] {
    return [...this.#rows.values()];
  }
}

interface Group {
  readonly args: Values;
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

  add(args: Values): void {
    const { sums } = this.#group(args);
    for (const [column, sum] of sums.entries()) sum?.add(args[column] as Value, 1, []);
  }

  /** Returns one row per group. An aggregate without a value is null. */
  rows(): readonly Values[] {
    return [...this.#groups.values()].map(({ args, sums }) =>
      sums.map((sum, column) => (sum === undefined ? (args[column] as Value) : (sum.result() ?? null))),
    );
  }

  #group(args: Values): Group {
    const key = keyOfValues(args.filter((_, column) => this.#columns[column] === "group"));
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const sums = this.#columns.map((kind) => (kind === "group" ? undefined : accumulator(kind)));
    const group = { args, sums };
    this.#groups.set(key, group);
    return group;
  }
}
