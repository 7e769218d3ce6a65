import type { ViewOptimisations } from "../../src/program/view-optimisations.ts";

/** Calls of views as the language describes them, so that a case shows what happens within. */
export const AS_WRITTEN: ViewOptimisations = { tailCalls: true, inlineViews: false, localShortcut: false };
