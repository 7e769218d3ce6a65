/** Names that a program gets from outside its files: from fact files, and from the other programs of the same command line. */
export interface Surroundings {
  /** Overlays that other programs declare. */
  readonly overlays: ReadonlySet<string>;
  /** Overlays of other programs whose addresses may have options. */
  readonly overlaysWithOptions: ReadonlySet<string>;
  /** Predicates that other programs raise or accept. */
  readonly predicates: ReadonlySet<string>;
  /** Predicates of fact files, with their number of columns. */
  readonly facts: ReadonlyMap<string, number>;
}

export const NO_SURROUNDINGS: Surroundings = {
  overlays: new Set(),
  overlaysWithOptions: new Set(),
  predicates: new Set(),
  facts: new Map(),
};
