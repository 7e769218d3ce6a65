import type { ViewOptimisations } from "../../src/program/view-optimisations.ts";

/** Optimisations that keep the events of calls visible, as the language describes them. */
export const AS_WRITTEN: ViewOptimisations = { tailCalls: true, inlineViews: false, localShortcut: false };
