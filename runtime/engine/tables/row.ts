import { type RowMark, STABLE } from "../../plan/contract/row-mark.ts";
import type { Key } from "../../plan/values/key.ts";
import type { Values } from "../../plan/values/value.ts";

/** Rank of rows that no recursive stratum has derived. */
export const LOWEST_RANK = 1;

/** Row of a table. The rows of a table form a linked list in the order in which they expire. */
export class Row {
  readonly values: Values;
  /** Key of the primary key columns, or of all columns if the table has no primary key. */
  readonly key: Key;
  /** State of the row in the running commit; STABLE between commits. */
  mark: RowMark = STABLE;
  /** Whether an event rule, a fact, an operator or the network inserted the row. Otherwise it is only derived. */
  isBase: boolean;
  /**
   * Whether the row replaced another row of its key in a recursive stratum. Its derivations may then depend on rows that
   * were derived from the replaced row.
   */
  isReplacement = false;
  /**
   * Position of the row in the order in which its recursive stratum inserted its derived rows. A derivation from rows of lower rank cannot
   * depend on the row. Base rows have the lowest rank.
   */
  rank: number = LOWEST_RANK;
  /** Time at which the row expires, in seconds on the node's clock. */
  expires: number = Infinity;
  /** Sequence number of the last insertion or refresh in the table. */
  stamp = 0;
  /** Approximate memory in bytes, while the row is in the indexes. */
  bytes = 0;
  previous: Row | null = null;
  next: Row | null = null;
  /** Anything that the observer of the rows has noted about the row. */
  note: unknown = undefined;
  /** The rows of the sender that put the row, if their number is limited. The row is among them while it is in its table. */
  ownedIn: Set<Row> | undefined = undefined;
  /** Position of the row in its bucket of each index. */
  readonly bucketPositions: number[] = [];

  constructor(values: Values, key: Key, isBase: boolean) {
    this.values = values;
    this.key = key;
    this.isBase = isBase;
  }
}
