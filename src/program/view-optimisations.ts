/** Optimisations of view calls. They change the cost of calls, not their results. */
export interface ViewOptimisations {
  /** If the last step of a view is a call to the view itself, the callee returns directly to the original caller. */
  readonly tailCalls: boolean;
  /** A call that runs on this node and reads only unchanging tables is inlined: it needs no context table. */
  readonly inlineViews: boolean;
  /** An inlined call returns in the same round, if nothing else happens in that round. */
  readonly localShortcut: boolean;
}

export const ALL_OPTIMISATIONS: ViewOptimisations = { tailCalls: true, inlineViews: true, localShortcut: true };
