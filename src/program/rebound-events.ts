import { REBOUND } from "./builtin.ts";
import { definedNames, type Definitions } from "./defined-names.ts";
import type { OverlayInstance } from "./program.ts";

/** `rebound(Old, New)` */
export const REBOUND_ARITY = 2;

/**
 * Returns the names of the events `rebound` that the node raises: one for the node and one for each overlay instance, without names that
 * the program defines itself.
 */
export function reboundEvents(
  program: Definitions & { readonly overlays: readonly OverlayInstance[] },
): ReadonlySet<string> {
  const own = definedNames(program);
  const names = [REBOUND, ...program.overlays.map(({ name }) => `${name}.${REBOUND}`)];
  return new Set(names.filter((name) => !own.has(name)));
}
