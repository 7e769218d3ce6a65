import { definingRule } from "../plan/contract/defining-rule.ts";
import { Address } from "../plan/values/address.ts";
import type { Plan } from "../plan/contract/plan.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import type { Value } from "../plan/values/value.ts";

/** Result of an operator's request to give an overlay another address. `limit`: the step exceeded a limit and was aborted. */
export type RebindResult = { readonly kind: "done" | "limit" } | RebindRefusal;

interface RebindRefusal {
  readonly kind: "refused";
  readonly message: string;
}

/**
 * Returns the `localAddr` table of the overlay if an operator may give the overlay this address, otherwise the refusal. Names of overlays
 * are case-insensitive.
 */
export function rebindable(name: string, address: Value, plan: Plan): PredicateSpec | RebindRefusal {
  const overlay = plan.overlays.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (overlay === undefined) return refusal(unknownOverlay(name, plan));
  const predicate = plan.predicates[overlay.localAddr] as PredicateSpec;
  const rule = predicate.table?.derived === "pure" ? definingRule(predicate, plan) : undefined;
  if (rule !== undefined) return refusal(`${rule} defines \`${predicate.name}\`: change the tables that it reads`);
  if (address instanceof Address && address.overlay === overlay.name)
    return refusal(`${overlay.name} cannot carry itself: give an address of another network`);
  return predicate;
}

export function refusal(message: string): RebindRefusal {
  return { kind: "refused", message };
}

function unknownOverlay(name: string, { overlays }: Plan): string {
  const known = overlays.length === 0 ? "it runs none" : `it runs ${overlays.map((one) => one.name).join(", ")}`;
  return `the node runs no overlay \`${name}\`: ${known}`;
}
