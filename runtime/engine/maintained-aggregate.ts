import { accumulator } from "../plan/accumulator.ts";
import { keyOfRow } from "../plan/key.ts";
import type { AggregateSpec } from "../plan/plan.ts";
import { equalRows, type Row as Values, type Value } from "../plan/value.ts";
import type { Journal } from "./journal.ts";

/** One combination of body rows an aggregate is over, and how often it occurs. */
interface Entry {
  readonly values: Values;
  count: number;
}

interface Group {
  readonly entries: Map<string, Entry>;
  /** The row the group has contributed to its table. */
  result: Values | undefined;
}

/** Takes a change of what a view contributes to its table. */
export type Contribute = (values: Values, change: 1 | -1) => void;

/** An aggregate over tables: keeps what each group is over, and replaces the group's row when its result changes. */
export class MaintainedAggregate {
  readonly #spec: AggregateSpec;
  readonly #journal: Journal;
  readonly #groupColumns: readonly number[];
  readonly #winnerColumns: readonly number[];
  readonly #groups = new Map<string, Group>();
  readonly #changed = new Set<string>();

  constructor(spec: AggregateSpec, journal: Journal) {
    this.#spec = spec;
    this.#journal = journal;
    this.#groupColumns = columnsOf(spec, "group");
    this.#winnerColumns = columnsOf(spec, "winner");
  }

  contribute(values: Values, change: 1 | -1): void {
    const key = keyOfRow(this.#groupColumns.map((column) => values[column] as Value));
    const group = this.#groups.get(key) ?? this.#open(key);
    const whole = keyOfRow(values);
    const entry = group.entries.get(whole) ?? { values, count: 0 };
    const before = entry.count;
    setCount(group, whole, entry, before + change);
    this.#changed.add(key);
    this.#journal.record(() => setCount(group, whole, entry, before));
  }

  /** Sends on the groups whose result is another than before; returns how many could not be computed. */
  flush(contribute: Contribute): number {
    let failed = 0;
    for (const key of this.#changed) if (!this.#update(key, contribute)) failed++;
    this.#changed.clear();
    return failed;
  }

  abandon(): void {
    this.#changed.clear();
  }

  #open(key: string): Group {
    const group: Group = { entries: new Map(), result: undefined };
    this.#groups.set(key, group);
    this.#journal.record(() => this.#groups.delete(key));
    return group;
  }

  #update(key: string, contribute: Contribute): boolean {
    const group = this.#groups.get(key);
    if (group === undefined) return true;
    const { result: before } = group;
    const after = group.entries.size === 0 ? undefined : this.#compute(group);
    if (group.entries.size === 0) this.#close(key, group);
    if (before !== undefined && after !== undefined && equalRows(before, after)) return true;
    if (before !== undefined) contribute(before, -1);
    if (after !== undefined) contribute(after, 1);
    group.result = after;
    this.#journal.record(() => {
      group.result = before;
    });
    return after !== undefined || group.entries.size === 0;
  }

  #close(key: string, group: Group): void {
    this.#groups.delete(key);
    this.#journal.record(() => this.#groups.set(key, group));
  }

  #compute(group: Group): Values | undefined {
    const sums = this.#spec.columns.map((column) => (column.kind === "aggregate" ? accumulator(column.function) : undefined));
    for (const { values, count } of group.entries.values()) {
      const winner = this.#winnerColumns.map((column) => values[column] as Value);
      for (const [column, sum] of sums.entries()) {
        if (sum !== undefined && !sum.add(values[column] as Value, count, winner)) return undefined;
      }
    }
    const [first] = group.entries.values();
    const best = this.#spec.columns.findIndex((column) => column.kind === "aggregate" && isExtreme(column.function));
    const result = this.#spec.columns.map((column, at): Value | undefined => {
      if (column.kind === "group") return first?.values[at];
      if (column.kind === "aggregate") return sums[at]?.result();
      return sums[best]?.winner(this.#winnerColumns.indexOf(at));
    });
    return result.every((value) => value !== undefined) ? result : undefined;
  }
}

function setCount(group: Group, whole: string, entry: Entry, count: number): void {
  entry.count = count;
  if (count === 0) group.entries.delete(whole);
  else group.entries.set(whole, entry);
}

function columnsOf(spec: AggregateSpec, kind: "group" | "winner"): readonly number[] {
  return spec.columns.flatMap((column, at) => (column.kind === kind ? [at] : []));
}

function isExtreme(kind: string): boolean {
  return kind === "min" || kind === "max";
}
