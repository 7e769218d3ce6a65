import type { PredicateSpec } from "../runtime/plan/values/predicate-spec.ts";
import { wireHash } from "../runtime/plan/values/wire-hash.ts";

/** Returns the spec of an event, as the compiler would create it. `hash` overrides the wire hash. */
export function eventSpec(name: string, arity: number, hash: number = wireHash(name, arity, "event")): PredicateSpec {
  return { ...plain(name, arity), wire: { tuple: hash, remove: 0, acceptTuple: true, acceptRemove: false } };
}

/** Returns the spec of a table whose key is its first column. */
export function tableSpec(name: string, arity: number): PredicateSpec {
  const [tuple, remove] = [wireHash(name, arity, "insert"), wireHash(name, arity, "delete")];
  return {
    ...plain(name, arity),
    table: {
      lifetime: Infinity,
      size: Infinity,
      keys: [0],
      evict: { policy: "fifo" },
      indexes: [],
      derived: "none",
      notifiesRefreshes: false,
    },
    wire: { tuple, remove, acceptTuple: true, acceptRemove: true },
  };
}

function plain(name: string, arity: number): Omit<PredicateSpec, "wire"> {
  return { id: 0, name, arity, table: undefined, role: { kind: "plain" }, columns: [], watch: "" };
}
