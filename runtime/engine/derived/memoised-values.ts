import type { Sign } from "../../plan/contract/plan.ts";
import { heldBytesOf } from "../../plan/values/held-bytes.ts";
import { keyOfValues } from "../../plan/values/key.ts";
import type { Value, Values } from "../../plan/values/value.ts";
import { ENTRY_BYTES } from "../limits/memory-use.ts";
import type { Journal, Undoable } from "../tables/journal.ts";

/** Row of the derivations with the same deterministic columns, and the number of these derivations. */
interface Memo {
  readonly values: Values;
  readonly count: number;
}

/**
 * Results of the impure functions in a rule of a derived table. The results are computed when a derivation is added, and stay the same
 * until it is removed.
 */
export class MemoisedValues implements Undoable<"memoised", string, Memo | undefined> {
  readonly #deterministicColumns: readonly number[];
  readonly #journal: Journal;
  readonly #memos = new Map<string, Memo>();

  /** The deterministic columns identify a derivation. All other columns hold results of impure functions. */
  constructor(deterministicColumns: readonly number[], journal: Journal) {
    this.#deterministicColumns = deterministicColumns;
    this.#journal = journal;
  }

  /**
   * Returns the full row of a derivation that is added, removed or refreshed. Undefined if an impure function had no value
   * when the derivation was added.
   */
  row(values: Values, sign: Sign): Values | undefined {
    const key = keyOfValues(this.#deterministicColumns.map((column) => values[column] as Value));
    const known = this.#memos.get(key);
    if (known === undefined && sign <= 0) return undefined;
    const row = known?.values ?? values;
    if (sign === 0) return row;
    this.#journal.record(this, "memoised", key, known);
    this.#set(key, { values: row, count: (known?.count ?? 0) + sign });
    return row;
  }

  undo(_operation: "memoised", key: string, before: Memo | undefined): void {
    this.#set(key, before);
  }

  #set(key: string, memo: Memo | undefined): void {
    const before = this.#memos.get(key);
    if (memo === undefined || memo.count === 0) this.#memos.delete(key);
    else this.#memos.set(key, memo);
    const change = Number(this.#memos.has(key)) - Number(before !== undefined);
    if (change !== 0) this.#journal.memory.stored += change * (ENTRY_BYTES + key.length + valueBytes(memo ?? before));
  }
}

function valueBytes(memo: Memo | undefined): number {
  return heldBytesOf(memo?.values ?? []);
}
