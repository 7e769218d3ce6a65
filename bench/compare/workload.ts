import type { Tree } from "./tree.ts";

/** Work that two trees do alike, so that its cost can be compared. */
export interface Workload {
  readonly name: string;
  readonly unit: string;
  /** Commands and rights that it needs, by name; without one of them it is left out. */
  readonly needs: readonly string[];
  /** Makes the work ready to run in each of the trees, in the order given. */
  readonly prepare: (trees: readonly Tree[]) => Promise<PreparedWork>;
}

/** A workload for a list of trees. */
export interface PreparedWork {
  /** Does the work once in the tree of that index, and returns its cost; NaN when it failed. */
  measure(tree: number): Promise<number>;
  close(): void;
}
