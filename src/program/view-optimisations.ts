/** What the compiler does to calls of views that changes nothing but their cost. */
export interface ViewOptimisations {
  /** A view that ends by calling itself lets the callee answer its caller. */
  readonly tailCalls: boolean;
  /** A call that is answered here at once has a copy of the view's rules of its own, and nothing waits in a table. */
  readonly inlineViews: boolean;
  /** Such a call is answered in the round it is made, where nothing else happens in it. */
  readonly localShortcut: boolean;
}

export const ALL_OPTIMISATIONS: ViewOptimisations = { tailCalls: true, inlineViews: true, localShortcut: true };
