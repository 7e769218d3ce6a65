import { keyOfValues } from "../../plan/values/key.ts";
import type { Sign } from "../../plan/contract/plan.ts";
import type { Value, Values } from "../../plan/values/value.ts";
import type { Journal, Undoable } from "../tables/journal.ts";

/** A derivation, with what was drawn when it appeared, and how often it occurs. */
interface Kept {
  readonly values: Values;
  readonly count: number;
}

/** What impure functions gave the derivations of a view: drawn when a derivation appears, the same until it goes. */
export class MemoisedValues implements Undoable<"kept", string, Kept | undefined> {
  readonly #decided: readonly number[];
  readonly #journal: Journal;
  readonly #kept = new Map<string, Kept>();

  /** The columns that are `decided` say which derivation it is; the others are drawn. */
  constructor(decided: readonly number[], journal: Journal) {
    this.#decided = decided;
    this.#journal = journal;
  }

  /** The whole row of a derivation that comes, goes or is refreshed; undefined when drawing had failed. */
  row(values: Values, sign: Sign): Values | undefined {
    const key = keyOfValues(this.#decided.map((column) => values[column] as Value));
    const known = this.#kept.get(key);
    if (known === undefined && sign <= 0) return undefined;
    const row = known?.values ?? values;
    if (sign === 0) return row;
    this.#journal.record(this, "kept", key, known);
    this.#set(key, { values: row, count: (known?.count ?? 0) + sign });
    return row;
  }

  undo(_operation: "kept", key: string, before: Kept | undefined): void {
    this.#set(key, before);
  }

  #set(key: string, kept: Kept | undefined): void {
    if (kept === undefined || kept.count === 0) this.#kept.delete(key);
    else this.#kept.set(key, kept);
  }
}
