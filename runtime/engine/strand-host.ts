import type { Ambient } from "../plan/contract/function-spec.ts";
import type { Sign } from "../plan/contract/plan.ts";
import type { Values, Value } from "../plan/values/value.ts";
import type { Key } from "../plan/values/key.ts";
import type { Row as TableRow } from "./tables/row.ts";

/** A strand as the compiler emitted it: runs for one event or one changed row. */
export type StrandFunction = (node: StrandHost, event: Values) => void;

/** What emitted code may ask of a table. */
export interface StrandTable {
  readonly first: TableRow | null;
  /** The row with this primary key. */
  find(key: Key): TableRow | undefined;
  /** The rows with this key in an index of the table's plan. */
  bucket(index: number, key: Key): readonly TableRow[];
}

/** What emitted code may ask of the node. Strands are named by their number in the plan. */
export interface StrandHost {
  readonly tables: readonly (StrandTable | undefined)[];
  /** An event of this round. */
  raise(strand: number, predicate: number, args: Values): void;
  /** A row to insert at the end of the round. */
  put(strand: number, predicate: number, args: Values): void;
  /** Rows to delete at the end of the round: those that equal `args` on the key. */
  remove(strand: number, predicate: number, args: Values): void;
  /** A tuple for the place `location`. */
  dispatch(strand: number, predicate: number, args: Values, location: Value, isDelete: boolean): void;
  /**
   * A derivation of a view that has come, gone or was refreshed. Of a row of the view's own stratum 1 says that it is
   * met: whether it comes or goes is known to the stratum.
   */
  contribute(view: number, sign: Sign, values: Values): void;
  /** In recursion a value has been derived that is better than one it is made from. */
  costDecreased(view: number): void;
  /** A derivation came to nothing: an operation had no value. */
  failed(strand: number): void;
  ambient(strand: number): Ambient;
  /** The first `localAddr` of the overlay, of the node itself for null; undefined when it has none. */
  localAddress(overlay: string | null): Value | undefined;
  /** A number no other view call of this node has had. */
  freshQuery(strand: number): number;
}
