import type { Ambient } from "../plan/contract/function-spec.ts";
import type { Sign } from "../plan/contract/plan.ts";
import type { Key } from "../plan/values/key.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import type { Value, Values } from "../plan/values/value.ts";
import type { Row } from "./tables/row.ts";
import type { SplitTrains } from "./train-split.ts";

/** Strand as the compiler emitted it. The engine calls it with one event or one changed row. */
export type StrandFunction = (node: StrandHost, event: Values) => void;

/** Operations on a table that emitted code uses. */
export interface StrandTable {
  /** Number of rows. */
  readonly count: number;
  /** First row of the list of all rows. */
  readonly first: Row | null;
  /** Returns the row with this primary key. */
  find(key: Key): Row | undefined;
  /** Returns the rows with this key in an index. `index` is its position in `TableSpec.indexes`. */
  bucket(index: number, key: Key): readonly Row[];
}

/** Operations on the node that emitted code uses. Strands, predicates and rules of derived tables are given by their index in the plan. */
export interface StrandHost {
  /** Predicates of the plan of the strand. */
  readonly predicates: readonly PredicateSpec[];
  readonly tables: readonly (StrandTable | undefined)[];
  /**
   * Number of rows and list items that the loops of strands have visited in this step. Before a loop begins, it adds the number that it
   * will visit.
   */
  visits: number;
  /** Limit of `visits`. A strand that exceeds it calls `exceedVisits`. */
  readonly mostVisits: number;
  /** Ends the step. Does not return. */
  exceedVisits(strand: number): never;
  /** Raises an event in this round. */
  raise(strand: number, predicate: number, args: Values): void;
  /** Inserts a row at the end of the round. */
  put(strand: number, predicate: number, args: Values): void;
  /** Deletes the rows that equal `args` on the primary key, at the end of the round. */
  remove(strand: number, predicate: number, args: Values): void;
  /** Sends a tuple to `location`. */
  dispatch(strand: number, predicate: number, args: Values, location: Value, isDelete: boolean): void;
  /**
   * Reports a derivation that a maintenance strand found: added (1), removed (-1) or refreshed (0). A strand that runs on a row of its
   * own recursive stratum always reports 1; the stratum knows whether the row was inserted or deleted. `rank` is the greatest rank of the
   * rows of its own stratum that the strand joined; 0, or absent, if it joined none.
   */
  contribute(rule: number, sign: Sign, values: Values, rank?: number): void;
  /** Reports that a recursive rule derived a cost better than one in its body. */
  costDecreased(rule: number): void;
  /** Counts and reports a derivation that ended because this expression had no value for these values of its variables. */
  failed(strand: number, expression: string, values: Readonly<Record<string, Value>>): void;
  /** Notes a value whose type the signature of a predicate does not allow. The next call of `failed` reports it. */
  contradicts(predicate: number, column: number, value: Value): void;
  /** Returns a secret of the node by name; undefined without such a secret. */
  secret(name: string): Value | undefined;
  /**
   * Undoes the step, and lets the engine run one step for each packet of the train instead. With "all" it does so at once for later trains
   * in inputs of the same predicate. Does not return.
   */
  splitTrain(trains: SplitTrains): never;
  /** Returns `size` bytes of memory with undefined content. The next step reuses the memory. */
  takeTrainMemory(size: number): Uint8Array;
  /** Clock, randomness and source address for impure functions. */
  ambient(strand: number): Ambient;
  /**
   * Returns the address in the table `localAddr` of `overlay`, or of the underlay if `overlay` is null; undefined if the table is empty.
   */
  localAddress(overlay: string | null): Value | undefined;
  /** Returns a random number as the query id of a view call. Each tuple that the strand derives afterwards starts a
   * view call. */
  freshQuery(strand: number): number;
}
