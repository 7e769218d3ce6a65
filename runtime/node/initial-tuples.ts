import { Address } from "../plan/values/address.ts";
import { formatValue } from "../plan/values/format.ts";
import { ownedText } from "../plan/values/owned-text.ts";
import type { Tuple } from "../plan/values/packet.ts";
import type { FactSpec, Plan } from "../plan/contract/plan.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import { equal, equalValues, type Value, type Values } from "../plan/values/value.ts";
import type { Fact } from "./peer-facts.ts";

/** Returns the tuples of a node's first step: its addresses, where no fact gives them, then the facts of the program and of the node. */
export function initialTuples(plan: Plan, names: readonly string[], facts: readonly Fact[]): readonly Tuple[] {
  const given = [
    ...ownFacts(plan, names, facts).map((fact) => ({
      predicate: plan.predicates[fact.predicate] as PredicateSpec,
      args: fact.args,
    })),
    ...facts.flatMap(({ predicate, args }) => {
      const spec = plan.predicates.find((one) => one.name === predicate && one.arity === args.length);
      return spec === undefined ? [] : [{ predicate: spec, args }];
    }),
  ];
  const named = new Set(given.map((fact) => fact.predicate.id));
  const own = plan.predicates
    .filter((spec) => spec.role.kind === "localAddr" && !named.has(spec.id))
    .map((predicate) => ({ predicate, args: names.slice(0, 1) }));
  return [...own, ...given].map(({ predicate, args }) => ({ predicate, args: args.map(owned), isDelete: false }));
}

function owned(value: Value): Value {
  return typeof value === "string" ? ownedText(value) : value;
}

function ownFacts(plan: Plan, names: readonly string[], given: readonly Fact[]): readonly FactSpec[] {
  const others = new Set(factsOfOthers(plan, names, given));
  return plan.facts.filter((fact) => !others.has(fact));
}

/** Returns the facts for other nodes: a program may hold the facts of a whole network. `given` are the facts of this node alone. */
function factsOfOthers(plan: Plan, names: readonly string[], given: readonly Fact[]): readonly FactSpec[] {
  const own = new OwnAddresses(plan, names, given);
  return plan.facts.filter(({ location }) => location !== undefined && !own.has(location));
}

/** Addresses that a node answers to from the start, in the IP network and in the overlays of its program. */
class OwnAddresses {
  readonly #inNetwork: ReadonlySet<Value>;
  /** By overlay. Without facts of its `localAddr`, a node has its names there. */
  readonly #inOverlays: ReadonlyMap<string | undefined, Values>;

  constructor({ facts, predicates }: Plan, names: readonly string[], given: readonly Fact[]) {
    const overlays = predicates.flatMap(({ id, name, role }): readonly (readonly [string | undefined, Values])[] => {
      if (role.kind !== "localAddr") return [];
      const ofProgram = facts.filter(({ predicate }) => predicate === id);
      const ofNode = given.filter(({ predicate, args }) => predicate === name && args.length === 1);
      const found = [...ofProgram, ...ofNode].flatMap(({ args }) => args);
      return [[role.overlay, found.length > 0 ? found : names]];
    });
    this.#inOverlays = new Map(overlays);
    this.#inNetwork = new Set([...names, ...overlays.flatMap(([, addresses]) => addresses)]);
  }

  has(location: Value): boolean {
    if (!(location instanceof Address)) return this.#inNetwork.has(location);
    const { overlay, node } = location;
    return this.#inOverlays.get(overlay)?.some((own) => equal(own, node)) === true;
  }
}

/** Returns the log message about facts that are for other nodes; undefined when there are none. */
export function skippedFacts(plan: Plan, names: readonly string[], facts: readonly Fact[]): string | undefined {
  const others = factsOfOthers(plan, names, facts);
  const [first] = others;
  if (first === undefined) return undefined;
  const { rule, file, line } = first.origin;
  const count = others.length === 1 ? "a fact that names another node is" : `${others.length} facts of others are`;
  return `${count} skipped: \`${rule}\` of ${formatValue(first.location ?? null)} (${file}:${line})`;
}

/** Whether two tuples have the same predicate and equal arguments. */
export function isSameTuple(one: Tuple, other: Tuple): boolean {
  return one.predicate === other.predicate && equalValues(one.args, other.args);
}
