import { type Accumulator, accumulator } from "../plan/library/aggregates/accumulator.ts";
import { shortValue } from "../engine/failure-reports.ts";
import type { AggregateKind } from "../plan/contract/plan.ts";
import { sizeOfText } from "../plan/values/bounded.ts";
import { keyOfValues } from "../plan/values/key.ts";
import type { Values, Value } from "../plan/values/value.ts";
import type { Query } from "./compiler.ts";
import type { QueryFailures } from "./query-failures.ts";

/** Result of a query: distinct rows, or one row per group if the query has aggregates. */
export interface ResultSet {
  /** Number of rows. */
  readonly size: number;
  /** Adds a derivation. Returns the bytes, by `sizeOfText`, that the result holds for it; 0 if it holds no more values than before. */
  add(args: Values): number;
  /** Finishes the aggregates. `checkTime` is called for each row, and may throw. */
  finish(checkTime: () => void): FinishedResult;
}

export interface FinishedResult {
  readonly rows: readonly Values[];
  /** Derivations that enter no aggregate, and groups without a row, because an aggregate has no value. */
  readonly failures: QueryFailures | undefined;
}

export function resultSetFor({ aggregates, columns }: Query): ResultSet {
  return aggregates === undefined ? new DistinctRows() : new GroupedRows(aggregates, columns);
}

class DistinctRows implements ResultSet {
  readonly #rows = new Map<string, Values>();

  get size(): number {
    return this.#rows.size;
  }

  add(args: Values): number {
    const key = keyOfValues(args);
    if (this.#rows.has(key)) return 0;
    this.#rows.set(key, args);
    return sizeOfText(args);
  }

  finish(): FinishedResult {
    return { rows: [...this.#rows.values()], failures: undefined };
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

  add(args: Values): number {
    const wrong = args.findIndex((value, column) => !takes(this.#columns[column], value));
    if (wrong >= 0) {
      this.#refuse(wrong, args[wrong] as Value);
      return 0;
    }
    const groups = this.#groups.size;
    for (const [column, sum] of this.#group(args).sums.entries()) sum?.add(args[column] as Value, 1, []);
    return sizeOfText(args.filter((_, column) => this.#keeps(column, this.#groups.size > groups)));
  }

  /** Whether the result keeps the value of a column of each derivation, or of a derivation that begins a group. */
  #keeps(column: number, isFirst: boolean): boolean {
    const kind = this.#columns[column] ?? "group";
    return isFirst || KEEPING.has(kind);
  }

  /** Counts a derivation that enters none of the aggregates, as in a rule. */
  #refuse(column: number, value: Value): void {
    const first = this.#refused?.first ?? `${this.#noValue(column)} for ${shortValue(value)}`;
    this.#refused = { count: (this.#refused?.count ?? 0) + 1, first };
  }

  finish(checkTime: () => void): FinishedResult {
    const rows: Values[] = [];
    let failures = this.#refused;
    for (const { args, sums } of this.#groups.values()) {
      checkTime();
      const row = sums.map((sum, column) => (sum === undefined ? args[column] : sum.result()));
      const missing = row.indexOf(undefined);
      if (missing < 0) rows.push(row as Values);
      // An aggregate without a value, such as a sum that is not exact.
      else failures = { count: (failures?.count ?? 0) + 1, first: failures?.first ?? this.#noValue(missing) };
    }
    return { rows, failures };
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

/** Aggregates that keep every value until the end. */
const KEEPING: ReadonlySet<"group" | AggregateKind> = new Set(["list", "set", "union", "countDistinct"]);

/** Whether an aggregate takes the value. */
function takes(kind: "group" | AggregateKind | undefined, value: Value): boolean {
  return typeof value === "number" || (kind !== "sum" && kind !== "avg");
}
