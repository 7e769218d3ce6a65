import type { Key } from "../../plan/values/key.ts";
import { type RowMark, STABLE } from "../../plan/contract/row-mark.ts";
import type { Values } from "../../plan/values/value.ts";

/** A row in its table. Rows of a table are linked from the longest unrefreshed to the newest. */
export class Row {
  readonly values: Values;
  /** Of the primary key; of all columns where the table has none. */
  readonly key: Key;
  /** Where the row stands in the commit under way; STABLE at all other times. */
  mark: RowMark = STABLE;
  /** An event rule, a fact or the network put it here; otherwise only view rules hold it. */
  isBase: boolean;
  /** It has taken the place of another in a table that rules define by itself, and may stand on what followed from that. */
  hasImproved = false;
  /** Seconds on the node's clock. */
  expires: number = Infinity;
  /** Grows along the list of the table's rows. */
  stamp = 0;
  previous: Row | null = null;
  next: Row | null = null;
  /** The row's place in its bucket, index by index. */
  readonly places: number[] = [];

  constructor(values: Values, key: Key, isBase: boolean) {
    this.values = values;
    this.key = key;
    this.isBase = isBase;
  }
}
