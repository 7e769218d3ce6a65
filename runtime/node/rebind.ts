import { definingRule } from "../plan/contract/defining-rule.ts";
import { Address } from "../plan/values/address.ts";
import type { Plan } from "../plan/contract/plan.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import type { Value } from "../plan/values/value.ts";

/** Time in seconds for which an overlay answers to its old address, if the operator gives no other. */
export const GRACE_SECONDS = 60;

/** Result of an operator's request to give an overlay another address. `limit`: the step exceeded a limit and was aborted. */
export type RebindResult = { readonly kind: "done" | "limit" } | RebindRefusal;

interface RebindRefusal {
  readonly kind: "refused";
  readonly message: string;
}

/** An overlay to which an operator may give the address, with its table `localAddr`. */
interface Rebindable {
  readonly overlay: string;
  readonly table: PredicateSpec;
}

/** Returns the address that an overlay announces; undefined if it has none, or none is known. */
type AnnouncedAddress = (overlay: string) => Value | undefined;

/**
 * Returns the overlay if an operator may give it this address, otherwise the refusal. Names of overlays are case-insensitive. Before a
 * node runs, `announced` may return undefined for every overlay; then only the address itself is checked.
 */
export function rebindable(
  name: string,
  address: Value,
  plan: Plan,
  announced: AnnouncedAddress,
): Rebindable | RebindRefusal {
  const overlay = plan.overlays.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (overlay === undefined) return refusal(unknownOverlay(name, plan));
  const table = plan.predicates[overlay.localAddr] as PredicateSpec;
  const rule = table.table?.derived === "pure" ? definingRule(table, plan) : undefined;
  if (rule !== undefined) return refusal(`${rule} defines \`${table.name}\`: change the tables that it reads`);
  if (address instanceof Address && address.overlay === overlay.name)
    return refusal(`${overlay.name} cannot carry itself: give an address of another network`);
  if (address instanceof Address && !plan.overlays.some((one) => one.name === address.overlay))
    return refusal(`${unknownOverlay(address.overlay, plan)}, so it would not answer to the address`);
  const carriers = carriersBetween(overlay.name, address, announced);
  if (carriers !== undefined)
    return refusal(`${carriers.join(", which is carried by ")}: give an address of another network`);
  return { overlay: overlay.name, table };
}

export function refusal(message: string): RebindRefusal {
  return { kind: "refused", message };
}

function unknownOverlay(name: string, { overlays }: Plan): string {
  const known = overlays.length === 0 ? "it runs none" : `it runs ${overlays.map((one) => one.name).join(", ")}`;
  return `the node runs no overlay \`${name}\`: ${known}`;
}

/** Returns the overlays from `overlay` back to itself, each carried by the next, if it had this address. Undefined if there are none. */
function carriersBetween(overlay: string, address: Value, announced: AnnouncedAddress): readonly string[] | undefined {
  const visited = new Set<string>();
  const find = (present: Value | undefined): readonly string[] | undefined => {
    for (const carrier of overlaysIn(present ?? null)) {
      if (carrier === overlay) return [carrier];
      if (visited.has(carrier)) continue;
      visited.add(carrier);
      const rest = find(announced(carrier));
      if (rest !== undefined) return [carrier, ...rest];
    }
    return undefined;
  };
  const way = find(address);
  return way && [`${overlay} would be carried by ${way[0]}`, ...way.slice(1)];
}

/** Returns the overlays that an address names: its own, and those of the hops in it. */
function overlaysIn(address: Value): readonly string[] {
  if (address instanceof Address) return [address.overlay, ...overlaysIn(address.node)];
  return Array.isArray(address) ? (address as readonly Value[]).flatMap(overlaysIn) : [];
}
