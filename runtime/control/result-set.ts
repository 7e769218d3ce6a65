import { type Accumulator, accumulator } from "../plan/library/aggregates/accumulator.ts";
import { shortValue } from "../engine/failure-reports.ts";
import type { AggregateKind } from "../plan/contract/plan.ts";
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
}

class GroupedRows implements ResultSet {
  readonly #columns: NonNullable<Query["aggregates"]>;
  readonly #names: Query["columns"];
  readonly #groups = new Map<string, Group>();
  /** Derivations whose value is no operand of `sum` or `avg`. */
  #refused: QueryFailures | undefined;

  /** `names` has the text of each column. */
  constructor(columns: NonNullable<Query["aggregates"]>, names: Query["columns"]) {
    this.#columns = columns;
    this.#names = names;
  }

  get size(): number {
    return this.#groups.size;
  }

  add(args: Values): void {
    const wrong = args.findIndex((value, column) => !takes(this.#columns[column], value));
    if (wrong >= 0) return this.#refuse(wrong, args[wrong] as Value);
    for (const [column, sum] of this.#group(args).sums.entries()) sum?.add(args[column] as Value, 1, []);
  }

  /** Counts a derivation that enters none of the aggregates, as in a rule. */
  #refuse(column: number, value: Value): void {
    const first = this.#refused?.first ?? `${this.#noValue(column)} for ${shortValue(value)}`;
    this.#refused = { count: (this.#refused?.count ?? 0) + 1, first };
  }

  /** Returns one row per group whose aggregates have values. */
  rows(): readonly Values[] {
    return [...this.#groups.values()].flatMap(({ args, sums }) =>
      this.#missing(sums) < 0
        ? [sums.map((sum, column) => (sum === undefined ? args[column] : sum.result()) as Value)]
        : [],
    );
  }

  get failures(): QueryFailures | undefined {
    const missing = [...this.#groups.values()].map(({ sums }) => this.#missing(sums)).filter((column) => column >= 0);
    const [column] = missing;
    if (column === undefined) return this.#refused;
    const first = this.#refused?.first ?? this.#noValue(column);
    return { count: (this.#refused?.count ?? 0) + missing.length, first };
  }

  /** Returns the column of an aggregate without a value, such as a sum that is not exact; -1 if there is none. */
  #missing(sums: Group["sums"]): number {
    return sums.findIndex((sum) => sum !== undefined && sum.result() === undefined);
  }

  #noValue(column: number): string {
    return `\`${this.#names[column]}\` has no value`;
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

/** Whether an aggregate takes the value. */
function takes(kind: "group" | AggregateKind | undefined, value: Value): boolean {
  return typeof value === "number" || (kind !== "sum" && kind !== "avg");
}
