import type { Tree } from "./tree.ts";

/** Work that is done in several trees, to compare its cost. */
export interface Workload {
  readonly name: string;
  readonly unit: string;
  /** Names of the commands and rights that it needs. It is skipped if one is missing. */
  readonly needs: readonly string[];
  /** Prepares the work for each of the trees. */
  readonly prepare: (trees: readonly Tree[]) => Promise<PreparedWork>;
}

/** A workload that can run in each tree of a list. */
export interface PreparedWork {
  /** Does the work once in the tree of that index, and returns its cost; NaN when it failed. */
  measure(tree: number): Promise<number>;
  close(): void;
}
