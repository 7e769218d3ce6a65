import { type Key, keyOfValues } from "../../plan/values/key.ts";
import type { Sign } from "../../plan/contract/plan.ts";
import { compareValues, equalValues, type Values } from "../../plan/values/value.ts";
import type { Journal, Undoable } from "../tables/journal.ts";
import type { Row } from "../tables/row.ts";
import type { Table } from "../tables/table.ts";

/** A row that view rules derive, and by how many derivations. */
interface Support {
  readonly values: Values;
  /** Of all columns, and of the table's key. */
  readonly whole: string;
  readonly key: Key;
  count: number;
  /** How many of them need no row of the support's own recursive stratum. */
  grounds: number;
  /** When one was added or refreshed for the last time, in seconds on the node's clock; known where it matters. */
  renewedAt: number;
}

/** What happened to a support since the last time the table followed. */
interface Touch {
  readonly before: number;
  /** A derivation that will stay was added, or one was refreshed: the row lives on, or comes back. */
  isRenewed: boolean;
  /** `renewedAt` as it was. */
  readonly renewedBefore: number;
  /** The row was taken away to see whether it still stands without what it stood on. */
  isDoubted: boolean;
}

/** How the table is changed: at once, or step by step where rules define tables in terms of each other. */
export interface Display {
  /** `isImprovement`: in the place of another. The row is as old as `since` says. */
  show(values: Values, key: Key, isImprovement: boolean, since: number): void;
  hide(row: Row): void;
  renew(row: Row): void;
}

/** What the journal is told of a support; the detail is its counts before. */
type Operation = "counted" | "created" | "forgotten";
type Counts = readonly [count: number, grounds: number, renewedAt: number];

/**
 * What view rules derive for one table, counted, and how the table follows it. A pure view shows the smallest of the
 * rows that share a key. In a mixed table what something else put there stays; a derived row comes when a derivation
 * does, leaves with its last one, and, having been removed, comes back when a derivation is added or refreshed.
 */
export class DerivedRows implements Undoable<Operation, Support, Counts> {
  readonly table: Table;
  readonly #journal: Journal;
  readonly #supports = new Map<string, Support>();
  readonly #byKey = new Map<Key, Set<Support>>();
  readonly #touched = new Map<Support, Touch>();
  readonly #keys = new Set<Key>();
  /** Of the update under way. */
  #now = 0;

  constructor(table: Table, journal: Journal) {
    this.table = table;
    this.#journal = journal;
  }

  get isTouched(): boolean {
    return this.#keys.size > 0;
  }

  /** A derivation has come, is gone, or was refreshed. A table without a recursive stratum has grounds alone. */
  contribute(values: Values, sign: Sign, isGround: boolean): void {
    const whole = keyOfValues(values);
    const support = this.#supports.get(whole) ?? this.#create(whole, values);
    const touch = this.#touch(support);
    if (sign !== 0) this.#count(support, sign, isGround);
    touch.isRenewed ||= sign === 0 || (sign > 0 && isGround);
    this.#date(support, touch);
  }

  /**
   * A derivation that needs its own stratum may be one that was only taken away for a moment, or is there for a moment:
   * it is new as long as there are more than there were.
   */
  #isRenewed(support: Support): boolean {
    const touch = this.#touched.get(support);
    if (touch === undefined) return false;
    return touch.isRenewed || (this.table.spec.derived === "mixed" && support.count > touch.before);
  }

  #date(support: Support, { renewedBefore }: Touch): void {
    const renewedAt = this.#isRenewed(support) ? this.#now : renewedBefore;
    if (this.table.spec.hasExpiringDerivations !== true || support.renewedAt === renewedAt) return;
    this.#record("counted", support);
    support.renewedAt = renewedAt;
  }

  #record(operation: Operation, support: Support): void {
    this.#journal.record(this, operation, support, [support.count, support.grounds, support.renewedAt]);
  }

  #count(support: Support, sign: -1 | 1, isGround: boolean): void {
    this.#record("counted", support);
    support.count += sign;
    if (isGround) support.grounds += sign;
  }

  /**
   * These values have just lost a derivation: the present row when it may stand on nothing but itself now. The caller takes
   * it away; it is shown again when a derivation is left after all. `isFinal`: a row of other values at
   * its key stands without them.
   */
  doubted(values: Values, isFinal: boolean): Row | undefined {
    const lost = this.#supports.get(keyOfValues(values));
    if (lost === undefined || lost.grounds > 0) return undefined;
    const row = this.table.find(lost.key);
    if (row === undefined || row.isBase) return undefined;
    const isLost = equalValues(row.values, values);
    const support = isLost ? lost : this.#supports.get(keyOfValues(row.values));
    if (support === undefined || support.grounds > 0) return undefined;
    if (!isLost && (isFinal || !row.hasImproved)) return undefined;
    this.#touch(support).isDoubted = true;
    return row;
  }

  /** From now on the row has to be derived anew, or refreshed, to be shown. */
  dismiss(row: Row): void {
    const support = this.#supports.get(keyOfValues(row.values));
    if (support !== undefined) this.#touched.set(support, touchOf(support));
  }

  undo(operation: Operation, support: Support, [count, grounds, renewedAt]: Counts): void {
    switch (operation) {
      case "counted":
        support.count = count;
        support.grounds = grounds;
        support.renewedAt = renewedAt;
        return;
      case "created":
        return this.#remove(support);
      case "forgotten":
        return this.#store(support);
    }
  }

  /** An update begins. Where rows have had their time, there may be derivations that have not. */
  begin(now: number): void {
    this.#now = now;
    if (this.table.spec.hasExpiringDerivations !== true) return;
    for (const { key } of this.table.expired) this.#keys.add(key);
  }

  /** Brings the table in line with what was contributed. What that makes rules contribute is followed too. */
  follow(display: Display): void {
    for (const key of this.#keys) {
      this.#keys.delete(key);
      this.#followKey(key, display);
    }
  }

  /** All is contributed: what has no derivation left is forgotten. */
  finish(): void {
    for (const support of this.#touched.keys()) {
      if (support.count < 0) throw new Error(`${this.table.predicate.name} lost a derivation it never had`);
      if (support.count === 0) this.#forget(support);
    }
    this.abandon();
  }

  abandon(): void {
    this.#touched.clear();
    this.#keys.clear();
  }

  #touch(support: Support): Touch {
    this.#keys.add(support.key);
    const known = this.#touched.get(support);
    if (known !== undefined) return known;
    const touch = touchOf(support);
    this.#touched.set(support, touch);
    return touch;
  }

  #create(whole: string, values: Values): Support {
    const support = { values, whole, key: this.table.keyOf(values), count: 0, grounds: 0, renewedAt: -Infinity };
    this.#store(support);
    this.#record("created", support);
    return support;
  }

  #forget(support: Support): void {
    this.#remove(support);
    this.#record("forgotten", support);
  }

  #store(support: Support): void {
    this.#supports.set(support.whole, support);
    const sharing = this.#byKey.get(support.key);
    if (sharing === undefined) this.#byKey.set(support.key, new Set([support]));
    else sharing.add(support);
  }

  #remove(support: Support): void {
    this.#supports.delete(support.whole);
    const sharing = this.#byKey.get(support.key);
    sharing?.delete(support);
    if (sharing?.size === 0) this.#byKey.delete(support.key);
  }

  #followKey(key: Key, display: Display): void {
    const present = this.table.find(key);
    if (present?.isBase === true) return this.#renew(present, display);
    const wanted = this.#wanted(key, present);
    if (present !== undefined && wanted !== undefined && equalValues(present.values, wanted.values)) {
      return this.#renew(present, display);
    }
    if (present !== undefined) display.hide(present);
    if (wanted === undefined) return;
    const since = this.table.spec.hasExpiringDerivations === true ? wanted.renewedAt : this.#now;
    display.show(wanted.values, key, present !== undefined, since);
  }

  #renew(row: Row, display: Display): void {
    const { derived, notifiesRefreshes } = this.table.spec;
    if (derived === "pure" && !notifiesRefreshes) return;
    const support = this.#supports.get(keyOfValues(row.values));
    if (support !== undefined && this.#isRenewed(support)) display.renew(row);
  }

  /** The derivable row that should be at the key: of several the smallest. */
  #wanted(key: Key, present: Row | undefined): Support | undefined {
    const sharing = [...(this.#byKey.get(key) ?? [])];
    if (this.table.spec.hasExpiringDerivations === true) return this.#freshest(sharing);
    const isVacated = this.#isVacated(sharing, present);
    let smallest: Support | undefined;
    for (const support of sharing) {
      if (support.count <= 0 || !(isVacated || this.#isEligible(support, present))) continue;
      if (smallest === undefined || compareValues(support.values, smallest.values) < 0) smallest = support;
    }
    return smallest;
  }

  /** The smallest that was refreshed not long ago, or, where none was, that has its time still. */
  #freshest(sharing: readonly Support[]): Support | undefined {
    const { lifetime } = this.table.spec;
    const derivable = sharing.filter(({ count }) => count > 0).toSorted((a, b) => compareValues(a.values, b.values));
    const within = (time: number): Support | undefined =>
      derivable.find(({ renewedAt }) => renewedAt + time > this.#now);
    return within(lifetime / 2) ?? within(lifetime);
  }

  /** Everything derivable may come: always in a pure view, and where the derived row of a mixed table has to go. */
  #isVacated(sharing: readonly Support[], present: Row | undefined): boolean {
    if (this.table.spec.derived === "pure") return true;
    if (present !== undefined) return (this.#supports.get(keyOfValues(present.values))?.count ?? 0) <= 0;
    return sharing.some((support) => this.#touched.get(support)?.isDoubted === true);
  }

  /** In a mixed table: what is there, or has a reason to come (back) now. */
  #isEligible(support: Support, present: Row | undefined): boolean {
    if (this.#isRenewed(support)) return true;
    return present !== undefined && equalValues(present.values, support.values);
  }
}

function touchOf({ count, renewedAt }: Support): Touch {
  return { before: count, isRenewed: false, renewedBefore: renewedAt, isDoubted: false };
}
