/**
 * Derivation counts of one derived table, and the rows that follow from them.
 *
 * The maintenance strands of a stratum report each added, removed or refreshed derivation to `contribute`. `applyTo` then
 * inserts, deletes and refreshes rows of the table, key by key, until the table agrees with the counts.
 *
 * - A row that has derivations is *derivable*. Its Support holds the number of them.
 * - A *pure* table holds, for each key, the smallest derivable row.
 * - A *mixed* table also holds base rows, which take precedence over derived rows of the same key. A derived row is inserted
 *   when a derivation of it is added or refreshed. It is deleted when its last derivation is removed. If it was deleted for
 *   another reason (its lifetime ended, it was evicted, an event rule deleted it), it is inserted again only when a
 *   derivation of it is added or refreshed.
 *
 * In a recursive stratum a count above zero does not prove that a row is derivable, because rows can support each other
 * in a cycle. A row is derivable while it has a *founded* derivation, whose rows all have a lower rank than the row itself. When a row has
 * lost its last founded derivation, `overdelete` returns it, and RecursiveStratum deletes it tentatively.
 */
import type { Sign } from "../../plan/contract/plan.ts";
import { type Key, keyOfValues } from "../../plan/values/key.ts";
import { compareValues, equalValues, type Values } from "../../plan/values/value.ts";
import { SUPPORT_BYTES } from "../limits/memory-use.ts";
import type { CommitTally } from "../tables/commit-tally.ts";
import type { Journal, Undoable } from "../tables/journal.ts";
import { LOWEST_RANK, type Row } from "../tables/row.ts";
import type { Table } from "../tables/table.ts";

/** Rank of a derivation from rows outside the recursive stratum. */
export const NO_RANK: number = 0;
/** Rank of every derivation from rows of the recursive stratum, in a stratum that does not rank its rows. */
export const UNRANKED: number = Infinity;

/** Row that rules derive, with the number of its derivations. */
interface Support {
  readonly values: Values;
  /** Key of all columns. */
  readonly rowKey: string;
  /** Primary key in the table. */
  readonly key: Key;
  count: number;
  /** Rank of the row when it was last inserted; LOWEST_RANK before that. */
  rank: number;
  /** Number of derivations of lower rank than `rank`. While it is above 0, rows that depend on the row are not its only support. */
  founded: number;
  /** Time of the last added or refreshed derivation, in seconds. Kept only for tables with `hasExpiringDerivations`. */
  refreshedAt: number;
}

/** Change of a support since the start of the update. */
interface SupportChange {
  readonly countBefore: number;
  /** Whether a nonrecursive derivation was added, or any derivation was refreshed. */
  isRefreshed: boolean;
  readonly refreshedBefore: number;
  /** Whether the row was overdeleted: deleted tentatively, to be inserted again if a derivation remains. */
  isOverdeleted: boolean;
}

/** Applies the changes of rows to a table: at once, or step by step in a recursive stratum. */
export interface DerivedTableWriter {
  /**
   * Inserts a row whose lifetime starts at `since`, and returns its rank. A new rank is greater than the ranks of all derivations counted
   * so far. `isReplacement` says that another row with the key was deleted just before.
   */
  insert(values: Values, key: Key, isReplacement: boolean, since: number): number;
  delete(row: Row): void;
  refresh(row: Row): void;
}

/** Operation on a support that the journal records. */
type SupportOperation = "counted" | "created" | "forgotten";
/** Fields of a support before the operation. */
type SupportCounts = readonly [count: number, rank: number, founded: number, refreshedAt: number];

/** Derivation counts of one derived table. */
export class DerivedRows implements Undoable<SupportOperation, Support, SupportCounts> {
  readonly table: Table;
  readonly #journal: Journal;
  readonly #supports = new Map<string, Support>();
  readonly #byKey = new Map<Key, Set<Support>>();
  /** Supports that the running update has changed. */
  readonly #changes = new Map<Support, SupportChange>();
  /** Keys whose row `applyTo` must determine again. */
  readonly #keys = new Set<Key>();
  /** Time of the running update. */
  #now = 0;

  constructor(table: Table, journal: Journal) {
    this.table = table;
    this.#journal = journal;
  }

  /** Whether `applyTo` has anything to do. */
  get isTouched(): boolean {
    return this.#keys.size > 0;
  }

  /**
   * Counts a derivation that was added (1), removed (-1) or refreshed (0). `rank` is the greatest rank of its rows of the recursive
   * stratum. It is the same when the derivation is added and when it is removed.
   */
  contribute(values: Values, sign: Sign, rank: number): void {
    const rowKey = keyOfValues(values);
    const support = this.#supports.get(rowKey) ?? this.#create(rowKey, values);
    const change = this.#changeOf(support);
    if (sign !== 0) this.#count(support, sign, rank);
    change.isRefreshed ||= sign === 0 || (sign > 0 && rank === NO_RANK);
    this.#updateTime(support, change);
  }

  /**
   * Whether a derivation of the row was added or refreshed. Recursive derivations can be removed and added again during an
   * update, so they count as added only while there are more derivations than before the update.
   */
  #isRefreshed(support: Support): boolean {
    const change = this.#changes.get(support);
    if (change === undefined) return false;
    return change.isRefreshed || (this.table.spec.derived === "mixed" && support.count > change.countBefore);
  }

  #updateTime(support: Support, { refreshedBefore }: SupportChange): void {
    const refreshedAt = this.#isRefreshed(support) ? this.#now : refreshedBefore;
    if (this.table.spec.hasExpiringDerivations !== true || support.refreshedAt === refreshedAt) return;
    this.#record("counted", support);
    support.refreshedAt = refreshedAt;
  }

  #record(operation: SupportOperation, support: Support): void {
    const { count, rank, founded, refreshedAt } = support;
    this.#journal.record(this, operation, support, [count, rank, founded, refreshedAt]);
  }

  #count(support: Support, sign: -1 | 1, rank: number): void {
    this.#record("counted", support);
    support.count += sign;
    if (rank < support.rank) support.founded += sign;
  }

  /** Sets the rank of an inserted row. All derivations counted so far have a lower rank. */
  #setRank(support: Support, rank: number): void {
    const countBefore = this.#changes.get(support)?.countBefore ?? support.count;
    // The journal already holds a support whose count has changed.
    if (countBefore === support.count) this.#record("counted", support);
    support.rank = rank;
    support.founded = support.count;
  }

  /**
   * Returns the row to overdelete after `values` lost a derivation, or undefined. It is the row that the table holds for the key of
   * `values`, if that row has no founded derivation. The caller deletes it; `applyTo` inserts it again if a
   * derivation remains.
   *
   * A row that differs from `values` is returned only if it replaced another row, because it may depend on the replaced row. If `isFinal`
   * is true, it cannot depend on the replaced row, and is not returned.
   */
  overdelete(values: Values, isFinal: boolean): Row | undefined {
    const lost = this.#supports.get(keyOfValues(values));
    if (lost === undefined || lost.founded > 0) return undefined;
    const row = this.table.find(lost.key);
    if (row === undefined || row.isBase) return undefined;
    const isLost = equalValues(row.values, values);
    const support = isLost ? lost : this.#supports.get(keyOfValues(row.values));
    if (support === undefined || support.founded > 0) return undefined;
    if (!isLost && (isFinal || !row.isReplacement)) return undefined;
    this.#changeOf(support).isOverdeleted = true;
    return row;
  }

  /** Prevents the insertion of an evicted row until a derivation of it is added or refreshed after this call. */
  requireNewDerivation(row: Row): void {
    const support = this.#supports.get(keyOfValues(row.values));
    if (support !== undefined) this.#changes.set(support, unchanged(support));
  }

  undo(operation: SupportOperation, support: Support, [count, rank, founded, refreshedAt]: SupportCounts): void {
    switch (operation) {
      case "counted":
        support.count = count;
        support.rank = rank;
        support.founded = founded;
        support.refreshedAt = refreshedAt;
        return;
      case "created":
        return this.#remove(support);
      case "forgotten":
        return this.#store(support);
    }
  }

  /** Begins an update. If the row of a key has expired, `applyTo` inserts another derivable row of the key that has not expired. */
  beginUpdate(now: number): void {
    this.#now = now;
    if (this.table.spec.hasExpiringDerivations !== true) return;
    for (const { key } of this.table.expired) this.#keys.add(key);
  }

  /** Makes the table agree with the counts. The writer may change counts meanwhile; these changes are applied too. */
  applyTo(writer: DerivedTableWriter): void {
    for (const key of this.#keys) {
      this.#keys.delete(key);
      this.#applyKey(key, writer);
    }
  }

  /** Ends an update: reports changed keys with several derivable rows, and removes supports without derivations. */
  endUpdate(tally: CommitTally): void {
    if (tally.watchesCollisions(this.table)) this.#reportCollisions(tally);
    for (const support of this.#changes.keys()) {
      if (support.count < 0) throw new Error(`${this.table.predicate.name} lost a derivation it never had`);
      if (support.count === 0) this.#forget(support);
    }
    this.abandon();
  }

  #reportCollisions(tally: CommitTally): void {
    for (const key of new Set([...this.#changes.keys()].map((support) => support.key))) {
      const kept = this.table.find(key)?.values;
      const sharing = [...(this.#byKey.get(key) ?? [])];
      const other = kept && sharing.find(({ count, values }) => count > 0 && !equalValues(values, kept));
      if (kept !== undefined && other !== undefined) tally.collided(this.table, kept, other.values);
    }
  }

  /** Discards the state of the running update. */
  abandon(): void {
    this.#changes.clear();
    this.#keys.clear();
  }

  #changeOf(support: Support): SupportChange {
    this.#keys.add(support.key);
    const known = this.#changes.get(support);
    if (known !== undefined) return known;
    const change = unchanged(support);
    this.#changes.set(support, change);
    return change;
  }

  #create(rowKey: string, values: Values): Support {
    const key = this.table.keyOf(values);
    const support = { values, rowKey, key, count: 0, rank: LOWEST_RANK, founded: 0, refreshedAt: -Infinity };
    this.#store(support);
    this.#record("created", support);
    return support;
  }

  #forget(support: Support): void {
    this.#remove(support);
    this.#record("forgotten", support);
  }

  #store(support: Support): void {
    this.#journal.memory.stored += bytesOf(support);
    this.#supports.set(support.rowKey, support);
    const sharing = this.#byKey.get(support.key);
    if (sharing === undefined) this.#byKey.set(support.key, new Set([support]));
    else sharing.add(support);
  }

  #remove(support: Support): void {
    this.#journal.memory.stored -= bytesOf(support);
    this.#supports.delete(support.rowKey);
    const sharing = this.#byKey.get(support.key);
    sharing?.delete(support);
    if (sharing?.size === 0) this.#byKey.delete(support.key);
  }

  #applyKey(key: Key, writer: DerivedTableWriter): void {
    const present = this.table.find(key);
    if (present?.isBase === true) return this.#refresh(present, writer);
    const wanted = this.#wanted(key, present);
    if (present !== undefined && wanted !== undefined && equalValues(present.values, wanted.values)) {
      return this.#refresh(present, writer);
    }
    if (present !== undefined) writer.delete(present);
    if (wanted === undefined) return;
    const since = this.table.spec.hasExpiringDerivations === true ? wanted.refreshedAt : this.#now;
    const rank = writer.insert(wanted.values, key, present !== undefined, since);
    if (rank !== wanted.rank) this.#setRank(wanted, rank);
  }

  #refresh(row: Row, writer: DerivedTableWriter): void {
    const { derived, notifiesRefreshes } = this.table.spec;
    if (derived === "pure" && !notifiesRefreshes) return;
    const support = this.#supports.get(keyOfValues(row.values));
    if (support !== undefined && this.#isRefreshed(support)) writer.refresh(row);
  }

  /** Returns the support of the row that the table should hold for the key: the smallest row that may be in the table. */
  #wanted(key: Key, present: Row | undefined): Support | undefined {
    const sharing = [...(this.#byKey.get(key) ?? [])];
    if (this.table.spec.hasExpiringDerivations === true) return this.#unexpired(sharing);
    const isVacant = this.#isVacant(sharing, present);
    let smallest: Support | undefined;
    for (const support of sharing) {
      if (support.count <= 0 || !(isVacant || this.#isEligible(support, present))) continue;
      if (smallest === undefined || compareValues(support.values, smallest.values) < 0) smallest = support;
    }
    return smallest;
  }

  /**
   * Returns the smallest derivable row that was refreshed within half of the lifetime. If there is none, returns the smallest
   * one that was refreshed within the lifetime.
   */
  #unexpired(sharing: readonly Support[]): Support | undefined {
    const { lifetime } = this.table.spec;
    const derivable = sharing.filter(({ count }) => count > 0).toSorted((a, b) => compareValues(a.values, b.values));
    const within = (time: number): Support | undefined =>
      derivable.find(({ refreshedAt }) => refreshedAt + time > this.#now);
    return within(lifetime / 2) ?? within(lifetime);
  }

  /**
   * Whether every derivable row of the key may be inserted. In a pure table this is always true, in a mixed table when the
   * derived row of the key has lost its last derivation or was overdeleted.
   */
  #isVacant(sharing: readonly Support[], present: Row | undefined): boolean {
    if (this.table.spec.derived === "pure") return true;
    if (present !== undefined) return (this.#supports.get(keyOfValues(present.values))?.count ?? 0) <= 0;
    return sharing.some((support) => this.#changes.get(support)?.isOverdeleted === true);
  }

  /** Whether a row of a mixed table may be in the table: it already is, or a derivation of it was added or refreshed. */
  #isEligible(support: Support, present: Row | undefined): boolean {
    if (this.#isRefreshed(support)) return true;
    return present !== undefined && equalValues(present.values, support.values);
  }
}

/** Memory of a support in bytes, without its values, which it shares with the row in the table. */
function bytesOf({ rowKey }: Support): number {
  return SUPPORT_BYTES + rowKey.length;
}

function unchanged({ count, refreshedAt }: Support): SupportChange {
  return { countBefore: count, isRefreshed: false, refreshedBefore: refreshedAt, isOverdeleted: false };
}
