import { type Accumulator, accumulator } from "../plan/library/aggregates/accumulator.ts";
import { shortValue } from "../engine/failure-reports.ts";
import { keyOfValues } from "../plan/values/key.ts";
import type { Values, Value } from "../plan/values/value.ts";
import type { Query } from "./compiler.ts";
import type { QueryFailures } from "./query-failures.ts";

/** Result of a query: distinct rows, or one row per group if the query has aggregates. */
export interface ResultSet {
  readonly size: number;
  add(args: Values): void;
  rows(): readonly Values[];
  /** Groups without a row, because an aggregate has no value. */
  readonly failures: QueryFailures | undefined;
}

export function resultSetFor({ aggregates, columns }: Query): ResultSet {
  return aggregates === undefined ? new DistinctRows() : new GroupedRows(aggregates, columns);
}

class DistinctRows implements ResultSet {
  readonly failures: undefined;
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
  /** Aggregate that did not accept a value: "`sum<X>` has no value for "a"". */
  refusal: string | undefined;
}

class GroupedRows implements ResultSet {
  readonly #columns: NonNullable<Query["aggregates"]>;
  readonly #names: Query["columns"];
  readonly #groups = new Map<string, Group>();

  /** `names` has the text of each column. */
  constructor(columns: NonNullable<Query["aggregates"]>, names: Query["columns"]) {
    this.#columns = columns;
    this.#names = names;
  }

  get size(): number {
    return this.#groups.size;
  }

  add(args: Values): void {
    const group = this.#group(args);
    for (const [column, sum] of group.sums.entries()) {
      const value = args[column] as Value;
      if (sum?.add(value, 1, []) === false) group.refusal ??= `${this.#noValue(column)} for ${shortValue(value)}`;
    }
  }

  /** Returns one row per group whose aggregates have values. */
  rows(): readonly Values[] {
    return [...this.#groups.values()].flatMap((group) =>
      this.#failure(group) === undefined
        ? [group.sums.map((sum, column) => (sum === undefined ? group.args[column] : sum.result()) as Value)]
        : [],
    );
  }

  get failures(): QueryFailures | undefined {
    const failures = [...this.#groups.values()].flatMap((group) => this.#failure(group) ?? []);
    const [first] = failures;
    return first === undefined ? undefined : { count: failures.length, first };
  }

  #failure({ refusal, sums }: Group): string | undefined {
    const missing = sums.findIndex((sum) => sum !== undefined && sum.result() === undefined);
    return refusal ?? (missing < 0 ? undefined : this.#noValue(missing));
  }

  #noValue(column: number): string {
    return `\`${this.#names[column]}\` has no value`;
  }

  #group(args: Values): Group {
    const key = keyOfValues(args.filter((_, column) => this.#columns[column] === "group"));
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const sums = this.#columns.map((kind) => (kind === "group" ? undefined : accumulator(kind)));
    const group: Group = { args, sums, refusal: undefined };
    this.#groups.set(key, group);
    return group;
  }
}
