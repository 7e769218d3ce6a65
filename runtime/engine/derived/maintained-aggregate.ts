import { accumulator } from "../../plan/library/aggregates/accumulator.ts";
import { keyOfValues } from "../../plan/values/key.ts";
import type { AggregateSpec, Sign } from "../../plan/contract/plan.ts";
import { equal, equalValues, type Values, type Value } from "../../plan/values/value.ts";
import type { Journal, Undoable } from "../tables/journal.ts";

/** One combination of body rows an aggregate is over, and how often it occurs. */
interface Entry {
  readonly values: Values;
  count: number;
}

interface Group {
  readonly key: string;
  readonly entries: Map<string, Entry>;
  /** The row the group has contributed to its table. */
  result: Values | undefined;
  /** The result has taken the place of another, and may stand on what followed from that. */
  hasImproved: boolean;
}

/** What the journal is told of a group; the detail is what it had before. */
type Operation = "counted" | "opened" | "closed" | "computed";
type Detail = Counted | Computed | undefined;

interface Counted {
  readonly whole: string;
  readonly entry: Entry;
  readonly count: number;
}

type Computed = Pick<Group, "result" | "hasImproved">;

/** Takes a change of what a view contributes to its table. */
export type Contribute = (values: Values, sign: Sign) => void;

/** An aggregate over tables: keeps what each group is over, and replaces the group's row when its result changes. */
export class MaintainedAggregate implements Undoable<Operation, Group, Detail> {
  readonly #spec: AggregateSpec;
  readonly #journal: Journal;
  readonly #groupColumns: readonly number[];
  readonly #winnerColumns: readonly number[];
  readonly #groups = new Map<string, Group>();
  readonly #changed = new Set<string>();
  readonly #refreshed = new Set<string>();

  constructor(spec: AggregateSpec, journal: Journal) {
    this.#spec = spec;
    this.#journal = journal;
    this.#groupColumns = columnsOf(spec, "group");
    this.#winnerColumns = columnsOf(spec, "winner");
  }

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
    const isHeard = !this.#spec.isRefreshedByWinnerOnly || (result !== undefined && equalValues(result, values));
    if (isHeard) this.#refreshed.add(key);
  }

  /**
   * The group has just lost these values. If they may be what its result stands on, the result is taken back and
   * returned; it is computed anew with the next flush. `isFinal`: another result stands without them.
   */
  doubted(values: Values, isFinal: boolean): Values | undefined {
    const group = this.#groups.get(this.#groupOf(values));
    const result = group?.result;
    if (group === undefined || result === undefined) return undefined;
    const isAnother = this.#spec.columns.every(
      (column, at) => column.kind !== "aggregate" || !equal(values[at] as Value, result[at] as Value),
    );
    if (isAnother && (isFinal || !group.hasImproved)) return undefined;
    this.#setResult(group, undefined);
    return result;
  }

  #groupOf(values: Values): string {
    return keyOfValues(this.#groupColumns.map((column) => values[column] as Value));
  }

  #count(group: Group, values: Values, change: 1 | -1): void {
    const whole = keyOfValues(values);
    const entry = group.entries.get(whole) ?? { values, count: 0 };
    const before = entry.count;
    setCount(group, whole, entry, before + change);
    this.#journal.record(this, "counted", group, { whole, entry, count: before });
  }

  #setResult(group: Group, result: Values | undefined): void {
    const { result: before, hasImproved } = group;
    this.#journal.record(this, "computed", group, { result: before, hasImproved });
    group.result = result;
    group.hasImproved = before !== undefined && result !== undefined;
  }

  undo(operation: Operation, group: Group, detail: Detail): void {
    switch (operation) {
      case "counted": {
        const { whole, entry, count } = detail as Counted;
        return setCount(group, whole, entry, count);
      }
      case "opened":
        this.#groups.delete(group.key);
        return;
      case "closed":
        this.#groups.set(group.key, group);
        return;
      case "computed":
        Object.assign(group, detail as Computed);
    }
  }

  /** Sends on the groups whose result is another than before; returns how many could not be computed. */
  flush(contribute: Contribute): number {
    let failed = 0;
    for (const key of this.#changed) {
      this.#changed.delete(key);
      if (!this.#update(key, this.#refreshed.delete(key), contribute)) failed++;
    }
    return failed;
  }

  abandon(): void {
    this.#changed.clear();
    this.#refreshed.clear();
  }

  #open(key: string): Group {
    const group: Group = { key, entries: new Map(), result: undefined, hasImproved: false };
    this.#groups.set(key, group);
    this.#journal.record(this, "opened", group, undefined);
    return group;
  }

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
    this.#groups.delete(group.key);
    this.#journal.record(this, "closed", group, undefined);
  }

  #compute(group: Group): Values | undefined {
    const sums = this.#spec.columns.map((column) =>
      column.kind === "aggregate" ? accumulator(column.function) : undefined,
    );
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
