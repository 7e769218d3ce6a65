/**
 * The aggregate of one rule of a derived table, kept up to date group by group.
 *
 * Strands report the body rows of the rule to `contribute`, which stores them in their group. `flush`
 * computes the results of the changed groups. It reports the old result of a group as a removed derivation and the new one as an added
 * derivation.
 *
 * The result of a small group is computed from all its entries. A large group has running aggregates, which follow each change of an entry:
 * the cost of a change then does not depend on the size of the group.
 */
import type { AggregateSpec, Sign } from "../../plan/contract/plan.ts";
import { accumulator } from "../../plan/library/aggregates/accumulator.ts";
import { heldBytesOf } from "../../plan/values/held-bytes.ts";
import { keyOfValues } from "../../plan/values/key.ts";
import { equal, equalValues, type Value, type Values } from "../../plan/values/value.ts";
import { ENTRY_BYTES, GROUP_BYTES } from "../limits/memory-use.ts";
import type { Journal, Undoable } from "../tables/journal.ts";
import type { GroupEntry } from "./group-entry.ts";
import { type RunningAggregate, runningAggregate } from "./running-aggregate.ts";

/** Number of entries up to which a group has no running aggregates. */
const SMALL_GROUP = 16;

interface Group {
  readonly key: string;
  readonly entries: Map<string, GroupEntry>;
  /** Running aggregates of a large group, by column; undefined at all other columns, and if the group has none. */
  running: RunningColumns | undefined;
  /** Row that the group has contributed to the derived table; undefined if the group has contributed none. */
  result: Values | undefined;
  /** Whether the result replaced another result. The new result may then depend on rows that were derived from the replaced one. */
  isReplacement: boolean;
}

type RunningColumns = readonly (RunningAggregate | undefined)[];

/** Operation on a group, as the journal records it. Its detail holds the former state. */
type GroupOperation = "counted" | "opened" | "closed" | "computed";
type GroupDetail = BeforeCount | BeforeComputation | undefined;

interface BeforeCount {
  readonly rowKey: string;
  readonly entry: GroupEntry;
  readonly count: number;
}

type BeforeComputation = Pick<Group, "result" | "isReplacement">;

/**
 * Results of a group that may depend on a lost body row. `won`: only the result that the row won. `equal`: every result with the cost of
 * the row. `replacements`: also every result that replaced another result.
 */
export type DependentResults = "won" | "equal" | "replacements";

/** Takes a derivation that a group adds (1), removes (-1) or refreshes (0). */
export type Contribute = (values: Values, sign: Sign) => void;

/** Groups of one aggregate rule, with their results. */
export class MaintainedAggregate implements Undoable<GroupOperation, Group, GroupDetail> {
  readonly #spec: AggregateSpec;
  readonly #journal: Journal;
  readonly #groupColumns: readonly number[];
  readonly #aggregateColumns: readonly number[];
  /** Columns of the winning row, in the order in which they decide between equal values. */
  readonly #winnerColumns: readonly number[];
  /** Column of the `min` or `max` that decides which row wins; -1 if there is none. */
  readonly #bestColumn: number;
  readonly #groups = new Map<string, Group>();
  /** Keys of groups to recompute. */
  readonly #changed = new Set<string>();
  /** Keys of changed groups whose result is refreshed if it stays the same. */
  readonly #refreshed = new Set<string>();

  constructor(spec: AggregateSpec, journal: Journal) {
    this.#spec = spec;
    this.#journal = journal;
    this.#groupColumns = columnsOf(spec, "group");
    this.#aggregateColumns = columnsOf(spec, "aggregate");
    this.#winnerColumns = winnerColumnsOf(spec);
    this.#bestColumn = spec.columns.findIndex((column) => column.kind === "aggregate" && isExtreme(column.function));
  }

  /** Whether `flush` has anything to do. */
  get isTouched(): boolean {
    return this.#changed.size > 0;
  }

  contribute(values: Values, sign: Sign): void {
    const key = this.#groupOf(values);
    this.#changed.add(key);
    if (sign === 0) this.#refresh(key, values);
    else this.#count(this.#groups.get(key) ?? this.#open(key), values, sign);
  }

  #refresh(key: string, values: Values): void {
    const result = this.#groups.get(key)?.result;
    const refreshesResult = !this.#spec.hasProofs || (result !== undefined && equalValues(result, values));
    if (refreshesResult) this.#refreshed.add(key);
  }

  /**
   * Removes and returns the result of the group that lost `values`, if the result is one of `dependents`. `flush` computes the result
   * again.
   */
  overdelete(values: Values, dependents: DependentResults): Values | undefined {
    const group = this.#groups.get(this.#groupOf(values));
    const result = group?.result;
    if (group === undefined || result === undefined) return undefined;
    const isReplacement = dependents === "replacements" && group.isReplacement;
    if (!isReplacement && !this.#isResultOf(values, result, dependents === "won")) return undefined;
    this.#setResult(group, undefined);
    return result;
  }

  /**
   * Whether `result` has the value of `values` in an aggregate column and, if `isWinner`, also in all columns taken from the winning row.
   */
  #isResultOf(values: Values, result: Values, isWinner: boolean): boolean {
    const isEqual = (column: number): boolean => equal(values[column] as Value, result[column] as Value);
    return this.#aggregateColumns.some(isEqual) && (!isWinner || this.#winnerColumns.every(isEqual));
  }

  #groupOf(values: Values): string {
    return keyOfValues(this.#groupColumns.map((column) => values[column] as Value));
  }

  #count(group: Group, values: Values, change: 1 | -1): void {
    const rowKey = keyOfValues(values);
    const entry = group.entries.get(rowKey) ?? { values, count: 0 };
    const before = entry.count;
    this.#setCount(group, rowKey, entry, before + change);
    this.#journal.record(this, "counted", group, { rowKey, entry, count: before });
  }

  #setCount(group: Group, rowKey: string, entry: GroupEntry, count: number): void {
    const change = Number(count !== 0) - Number(entry.count !== 0);
    this.#journal.memory.stored += change * (ENTRY_BYTES + rowKey.length + heldBytesOf(entry.values));
    const added = count - entry.count;
    entry.count = count;
    if (count === 0) group.entries.delete(rowKey);
    else group.entries.set(rowKey, entry);
    if (group.running !== undefined && !follow(group.running, entry, added)) group.running = undefined;
  }

  #addGroup(group: Group): void {
    this.#journal.memory.stored += GROUP_BYTES + group.key.length;
    this.#groups.set(group.key, group);
  }

  #removeGroup(group: Group): void {
    this.#journal.memory.stored -= GROUP_BYTES + group.key.length;
    this.#groups.delete(group.key);
  }

  #setResult(group: Group, result: Values | undefined): void {
    const { result: before, isReplacement } = group;
    this.#journal.record(this, "computed", group, { result: before, isReplacement });
    group.result = result;
    group.isReplacement = before !== undefined && result !== undefined;
  }

  undo(operation: GroupOperation, group: Group, detail: GroupDetail): void {
    switch (operation) {
      case "counted": {
        const { rowKey, entry, count } = detail as BeforeCount;
        return this.#setCount(group, rowKey, entry, count);
      }
      case "opened":
        return this.#removeGroup(group);
      case "closed":
        return this.#addGroup(group);
      case "computed":
        Object.assign(group, detail as BeforeComputation);
    }
  }

  /** Computes changed groups and reports changed results. Returns the number of groups without a value. */
  flush(contribute: Contribute): number {
    let failed = 0;
    for (const key of this.#changed) {
      this.#changed.delete(key);
      if (!this.#update(key, this.#refreshed.delete(key), contribute)) failed++;
    }
    return failed;
  }

  /** Discards the state of the running update. */
  abandon(): void {
    this.#changed.clear();
    this.#refreshed.clear();
  }

  #open(key: string): Group {
    const group: Group = { key, entries: new Map(), running: undefined, result: undefined, isReplacement: false };
    this.#addGroup(group);
    this.#journal.record(this, "opened", group, undefined);
    return group;
  }

  /** Computes a group, and reports its result if it changed. Returns false when the group has rows but its aggregate has no value. */
  #update(key: string, isRefreshed: boolean, contribute: Contribute): boolean {
    const group = this.#groups.get(key);
    if (group === undefined) return true;
    const { result: before } = group;
    const after = group.entries.size === 0 ? undefined : this.#compute(group);
    if (group.entries.size === 0) this.#close(group);
    if (before !== undefined && after !== undefined && equalValues(before, after)) {
      if (isRefreshed) contribute(before, 0);
      return true;
    }
    this.#setResult(group, after);
    if (before !== undefined) contribute(before, -1);
    if (after !== undefined) contribute(after, 1);
    return after !== undefined || group.entries.size === 0;
  }

  #close(group: Group): void {
    this.#removeGroup(group);
    this.#journal.record(this, "closed", group, undefined);
  }

  /** Returns the result of a group with entries; undefined if an aggregate has no value. */
  #compute(group: Group): Values | undefined {
    if (group.entries.size > SMALL_GROUP) group.running ??= this.#runningColumns(group);
    return group.running === undefined ? this.#fromEntries(group) : this.#fromRunning(group, group.running);
  }

  /** Returns running aggregates of all entries of the group; undefined if an aggregate has no running form. */
  #runningColumns({ entries }: Group): RunningColumns | undefined {
    const columns = this.#spec.columns.map((column, at) =>
      column.kind === "aggregate" ? runningAggregate(column.function, at, this.#winnerColumns) : undefined,
    );
    if (this.#aggregateColumns.some((at) => columns[at] === undefined)) return undefined;
    for (const entry of entries.values()) if (!follow(columns, entry, entry.count)) return undefined;
    return columns;
  }

  #fromRunning({ entries }: Group, running: RunningColumns): Values | undefined {
    const winner = running[this.#bestColumn]?.winner();
    return this.#resultOf(entries, {
      aggregate: (at) => running[at]?.result(),
      winner: (at) => winner?.values[at],
    });
  }

  #fromEntries({ entries }: Group): Values | undefined {
    const sums = this.#spec.columns.map((column) =>
      column.kind === "aggregate" ? accumulator(column.function) : undefined,
    );
    for (const { values, count } of entries.values()) {
      const winner = this.#winnerColumns.map((column) => values[column] as Value);
      for (const [column, sum] of sums.entries()) {
        if (sum !== undefined && !sum.add(values[column] as Value, count, winner)) return undefined;
      }
    }
    return this.#resultOf(entries, {
      aggregate: (at) => sums[at]?.result(),
      winner: (at) => sums[this.#bestColumn]?.winner(this.#winnerColumns.indexOf(at)),
    });
  }

  #resultOf(entries: ReadonlyMap<string, GroupEntry>, { aggregate, winner }: ColumnValues): Values | undefined {
    const [first] = entries.values();
    const result = this.#spec.columns.map((column, at): Value | undefined => {
      if (column.kind === "group") return first?.values[at];
      return column.kind === "aggregate" ? aggregate(at) : winner(at);
    });
    return result.every((value) => value !== undefined) ? result : undefined;
  }
}

/** Values of the columns of a result that do not identify its group. */
interface ColumnValues {
  readonly aggregate: (column: number) => Value | undefined;
  readonly winner: (column: number) => Value | undefined;
}

/** Passes a change of the count of an entry to running aggregates. Returns false if one of them cannot follow it. */
function follow(running: RunningColumns, entry: GroupEntry, change: number): boolean {
  return running.every((aggregate) => aggregate === undefined || aggregate.update(entry, change));
}

function columnsOf(spec: AggregateSpec, kind: AggregateSpec["columns"][number]["kind"]): readonly number[] {
  return spec.columns.flatMap((column, at) => (column.kind === kind ? [at] : []));
}

/**
 * Returns the columns of the winning row, with the depth first. Otherwise two nodes with links of cost 0 to each other could both prefer
 * the derivation from the row of the other, and change their rows for ever.
 */
function winnerColumnsOf(spec: AggregateSpec): readonly number[] {
  const columns = columnsOf(spec, "winner");
  const depth = spec.columns.length - 2;
  return spec.hasProofs && columns.includes(depth) ? [depth, ...columns.filter((column) => column !== depth)] : columns;
}

function isExtreme(kind: string): boolean {
  return kind === "min" || kind === "max";
}
