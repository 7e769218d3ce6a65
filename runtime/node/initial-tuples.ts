import { formatValue } from "../plan/values/format.ts";
import { ownedText } from "../plan/values/owned-text.ts";
import type { Tuple } from "../plan/values/packet.ts";
import type { FactSpec, Plan } from "../plan/contract/plan.ts";
import { predicateOf } from "../plan/contract/predicate-of.ts";
import { Address } from "../plan/values/address.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import { equal, equalValues, type Value, type Values } from "../plan/values/value.ts";
import type { HostAddresses } from "../world/host-addresses.ts";
import type { AddressTables, OwnAddresses } from "./own-addresses.ts";
import { givenAddresses } from "./own-addresses.ts";
import type { Fact } from "./peer-facts.ts";

/** A node whose facts are wanted: its program, the facts of the command line, and its addresses at this time. */
export interface FactOwner {
  readonly plan: Plan;
  readonly facts: readonly Fact[];
  readonly addresses: OwnAddresses;
  readonly tables: AddressTables;
  readonly host: HostAddresses | undefined;
}

/** Returns the rows of `hostAddr`. */
export function hostRows(host: HostAddresses | undefined): readonly Values[] {
  return (host?.all ?? []).map(({ device, ip }) => [device, ip]);
}

/**
 * Returns the tuples of a node's first step: the addresses that no fact gives, the names, the rows of `hostAddr`, then the facts of the
 * program and of the node.
 */
export function initialTuples(owner: FactOwner): readonly Tuple[] {
  const { plan, facts, addresses } = owner;
  const ofProgram = ownFacts(owner);
  const given = [...ofProgram.map((fact) => tupleOfFact(plan, fact)), ...facts.flatMap((fact) => tupleOf(plan, fact))];
  const named = givenAddresses(plan, ofProgram, facts);
  const own = plan.predicates.flatMap((predicate) => {
    const { role, table, id } = predicate;
    if (role.kind !== "localAddr" || table?.derived === "pure" || named.has(id)) return [];
    const address = addresses.initial(role, plan);
    return address === undefined ? [] : [{ predicate, args: [address] }];
  });
  const names = plan.predicates
    .filter(({ role }) => role.kind === "localNames")
    .flatMap((predicate) => addresses.namesOf(predicate, plan, named).map((name) => ({ predicate, args: [name] })));
  const ofHost = plan.predicates
    .filter(({ role }) => role.kind === "hostAddresses")
    .flatMap((predicate) => hostRows(owner.host).map((args) => ({ predicate, args })));
  return [...own, ...names, ...ofHost, ...given].map(({ predicate, args }) => ({
    predicate,
    args: args.map(owned),
    isDelete: false,
  }));
}

/** Returns the tuple of a fact of the program. */
export function tupleOfFact({ predicates }: Plan, { predicate, args }: FactSpec): Tuple {
  return { predicate: predicates[predicate] as PredicateSpec, args, isDelete: false };
}

/**
 * Returns the tuple of a fact of the node. If rules define the `localAddr` of the node or of an overlay, the fact adds an address to the
 * set whose smallest element is announced.
 */
function tupleOf(plan: Plan, { predicate, args }: Fact): readonly Tuple[] {
  const spec = predicateOf(plan, predicate, args.length);
  if (spec === undefined) return [];
  const { role, table } = spec;
  const collected =
    role.kind === "localAddr" && table?.derived === "pure"
      ? plan.predicates.find((one) => one.role.kind === "addressesOf" && one.role.overlay === role.overlay)
      : undefined;
  return [{ predicate: collected ?? spec, args, isDelete: false }];
}

function owned(value: Value): Value {
  return typeof value === "string" ? ownedText(value) : value;
}

function ownFacts(owner: FactOwner): readonly FactSpec[] {
  const others = new Set(factsOfOthers(owner));
  return owner.plan.facts.filter((fact) => !others.has(fact));
}

/** Returns the facts for other nodes: a program may hold the facts of a whole network. */
export function factsOfOthers(owner: FactOwner): readonly FactSpec[] {
  const start = new StartAddresses(owner);
  const { addresses, tables } = owner;
  return owner.plan.facts.filter(
    ({ location }) => location !== undefined && !start.has(location) && !addresses.isPlaceOf(location, tables),
  );
}

/** Addresses that a node answers to from the start, in the IP network and in the overlays of its program. */
class StartAddresses {
  readonly #inNetwork: ReadonlySet<Value>;
  /** Addresses by overlay. If no fact gives the `localAddr` of an overlay, these are the endpoint names of the node. */
  readonly #inOverlays: ReadonlyMap<string | undefined, Values>;

  constructor({ plan: { facts, predicates }, facts: given, addresses: { names } }: FactOwner) {
    const own = facts.filter(({ location }) => location === undefined || names.some((name) => name === location));
    const overlays = predicates.flatMap(({ name, role }): readonly (readonly [string | undefined, Values])[] => {
      if (role.kind !== "localAddr") return [];
      const ofProgram = own.filter(({ predicate }) => isAddressTable(predicates[predicate]?.role, role.overlay));
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

/** Whether facts of the predicate give addresses of the overlay, or of the node if `overlay` is undefined. */
function isAddressTable(role: PredicateSpec["role"] | undefined, overlay: string | undefined): boolean {
  return (role?.kind === "localAddr" || role?.kind === "addressesOf") && role.overlay === overlay;
}

/** Returns the log message about facts that are for other nodes; undefined when there are none. */
export function skippedFacts(others: readonly FactSpec[]): string | undefined {
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
