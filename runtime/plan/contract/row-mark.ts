/**
 * State of a row while a commit brings derived tables up to date; STABLE at all other times. Emitted code compares the marks as numbers.
 * For the rules of a recursive stratum, a row with a mark up to LEAVING is visible to all literals, a CURRENT row to some literals, and a
 * row with a greater mark to none.
 */
export const STABLE = 0 as const;
/** Inserted by the commit: exists only in the state after it. */
export const ADDED = 1 as const;
/** Deleted from a recursive stratum, and still visible to its rules until they have processed the deletion. */
export const LEAVING = 2 as const;
/** Row of a recursive stratum that its rules are processing now. */
export const CURRENT = 3 as const;
/** Deleted by the commit: exists only in the state before it. */
export const REMOVED = 4 as const;
/** Inserted into a recursive stratum, and not yet visible to its rules. */
export const ENTERING = 5 as const;
/** Inserted and deleted within one commit: exists in neither state. */
export const CANCELLED = 6 as const;

export type RowMark =
  | typeof STABLE
  | typeof ADDED
  | typeof LEAVING
  | typeof CURRENT
  | typeof REMOVED
  | typeof ENTERING
  | typeof CANCELLED;
