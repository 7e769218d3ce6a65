/** Marks of rows while views are brought up to date; emitted code compares against them. At all other times: STABLE. */
export const STABLE = 0 as const;
/** Of the state after the commit only. */
export const ADDED = 1 as const;
/** Of the state before only. */
export const REMOVED = 2 as const;
/** Came and went within one commit: it never was. */
export const VOID = 3 as const;

export type RowMark = typeof STABLE | typeof ADDED | typeof REMOVED | typeof VOID;
