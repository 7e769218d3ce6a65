/**
 * Where a row stands while views are brought up to date; at all other times: STABLE. Emitted code compares against the
 * numbers: up to LEAVING a row is there, CURRENT is there for some, beyond it no row is.
 */
export const STABLE = 0 as const;
/** Of the state after the commit only. */
export const ADDED = 1 as const;
/** Still there for the rules of a recursive stratum, until they have been told that it goes. */
export const LEAVING = 2 as const;
/** The row that the rules of a recursive stratum are being told of. */
export const CURRENT = 3 as const;
/** Of the state before only. */
export const REMOVED = 4 as const;
/** Not yet there for the rules of a recursive stratum. */
export const ENTERING = 5 as const;
/** Came and went within one commit: it never was. */
export const CANCELLED = 6 as const;

export type RowMark =
  | typeof STABLE
  | typeof ADDED
  | typeof LEAVING
  | typeof CURRENT
  | typeof REMOVED
  | typeof ENTERING
  | typeof CANCELLED;
