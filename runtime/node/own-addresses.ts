import { Address } from "../plan/values/address.ts";
import type { Plan } from "../plan/contract/plan.ts";
import { formatHostPort, parseHostPort } from "../plan/values/host-port.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import { equal, type Value } from "../plan/values/value.ts";
import type { HostAddresses } from "../world/host-addresses.ts";
import type { Fact } from "./peer-facts.ts";

/** The own addresses of a running engine. */
export interface AddressTables {
  /** Returns the address that the overlay announces, or the node if `overlay` is null. Rules send it to other nodes. */
  localAddress(overlay: string | null): Value | undefined;
  /** Whether `address` is an address of the node or of one of its overlays. */
  isLocalAddress(address: Value): boolean;
  /** Whether `address` is an address of the overlay, or of the node if `overlay` is null. */
  isAddressOf(overlay: string | null, address: Value): boolean;
}

/** The names of a node that do not depend on the addresses of its host. */
export interface EndpointNames {
  /** Endpoint names `host:port`. The last is the bound address. */
  readonly names: readonly string[];
  /** Names that an operator has chosen (`--addr`); they come first in `names`. None if omitted. */
  readonly announced?: readonly string[] | undefined;
}

/** Returns the names of a socket: the host that was asked for with the port that the socket got, then the bound address. */
export function listenNames(listen: string, bound: string): readonly string[] {
  const requested = parseHostPort(listen);
  const real = parseHostPort(bound);
  if (!requested.ok || !real.ok) return [bound];
  return [formatHostPort(requested.at.host, real.at.port), bound];
}

/** Returns the names of a node whose socket has moved. */
export function movedNames({ announced = [] }: EndpointNames, listen: string, bound: string): EndpointNames {
  return { announced, names: [...announced, ...listenNames(listen, bound)] };
}

/**
 * Returns the present endpoint names of a node: the names that the operator has chosen, then the other names. A bound address that stands
 * for all addresses of the host is left out; instead the addresses of the host precede the other names.
 */
export function presentNames(
  { names, announced = [] }: EndpointNames,
  host: HostAddresses | undefined,
): readonly string[] {
  const bound = names.at(-1) ?? "";
  const endpoints = host?.endpoints(bound) ?? [];
  const others = endpoints.length === 0 ? names : names.filter((name) => name !== bound);
  return [...new Set([...announced, ...endpoints, ...others])];
}

/** A change of the announced address of an instance, which is the node or one of its overlays. Undefined stands for no address. */
export interface Rebinding {
  /** Null if the instance is the node. */
  readonly overlay: string | null;
  readonly from: Value | undefined;
  readonly to: Value | undefined;
  /** Whether the instance was loaded after the previous comparison. */
  readonly isNew: boolean;
}

/** Address that an overlay announced before an operator gave it another one. It stays an own address of the overlay for a while. */
export interface FormerAddress {
  readonly overlay: string;
  readonly address: Value;
  /** Time in seconds of the node's clock at which the node forgets the address. */
  readonly until: number;
}

/**
 * The addresses of a node: its endpoint names, and the addresses in its tables. Finds the announced addresses that changed in a step, and
 * the instances that follow the node, that is, announce the node's address. An instance is the node or one of its overlays.
 */
export class OwnAddresses {
  #names: readonly string[];
  #known: ReadonlySet<Value>;
  #former: readonly FormerAddress[] = [];
  /** The announced address of each instance after the latest step. */
  #announced: ReadonlyMap<string | null, Value | undefined> = new Map();

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#known = new Set(names);
  }

  /** Returns a function that sets the names, the announced and the former addresses back to their present values. */
  save(): () => void {
    const [names, announced, former] = [this.#names, this.#announced, this.#former];
    return () => {
      if (this.#names !== names) this.names = names;
      this.#announced = announced;
      this.#former = former;
    };
  }

  /** Endpoint names, `host:port`. The node announces the first name if no rule and no fact gives the node an address. */
  get names(): readonly string[] {
    return this.#names;
  }

  set names(names: readonly string[]) {
    this.#names = names;
    this.#known = new Set(names);
  }

  /**
   * Returns the `localAddr` table of the node if the node announces the first of its names. Undefined if it does not, or if rules or facts
   * fill the table. `given` are the tables that facts fill.
   */
  followingTable(plan: Plan, given: ReadonlySet<number>): PredicateSpec | undefined {
    const table = addressTables(plan).find(({ role }) => role.overlay === undefined)?.spec;
    if (table === undefined || table.table?.derived === "pure" || given.has(table.id)) return undefined;
    return isSame(this.#announced.get(null), this.#names[0]) ? table : undefined;
  }

  /** Whether the location is an endpoint name of the node, or an own or former address of its program. */
  has(location: Value, tables: AddressTables): boolean {
    if (this.#known.has(location) || tables.isLocalAddress(location)) return true;
    return this.#former.length > 0 && this.#former.some(({ address }) => equal(address, location));
  }

  /** Keeps an address that an overlay is about to lose as one of its own addresses. */
  keep(former: FormerAddress): void {
    const { overlay, address } = former;
    this.#former = [...this.#former.filter((one) => one.overlay !== overlay || !equal(one.address, address)), former];
  }

  /** Time at which the next former address is forgotten; infinity if there is none. */
  get nextGraceEnd(): number {
    return this.#former.reduce((least, { until }) => Math.min(least, until), Infinity);
  }

  /** Forgets the former addresses whose time has ended. */
  forgetFormer(now: number): void {
    this.#former = this.#former.filter(({ until }) => until > now);
  }

  /**
   * Returns the names to which an instance answers besides the addresses in its tables: the endpoint names if it announces the address of
   * the node, and former addresses. `table` is the table of these names, and `given` are the tables that facts fill.
   */
  namesOf(table: PredicateSpec, plan: Plan, given: ReadonlySet<number>): readonly Value[] {
    const names = this.#follows(table, plan, given) ? this.#names : [];
    const overlay = "overlay" in table.role ? table.role.overlay : undefined;
    const former = this.#former.filter((one) => one.overlay === overlay).map(({ address }) => address);
    return former.length === 0 ? names : [...names, ...former];
  }

  /** Whether facts for the location belong to this node: `has` is true, or the location is the address of this node in an overlay. */
  isPlaceOf(location: Value, tables: AddressTables): boolean {
    if (this.has(location, tables)) return true;
    if (!(location instanceof Address)) return false;
    const { overlay, node } = location;
    return (
      tables.isAddressOf(overlay, node) ||
      this.#former.some((one) => one.overlay === overlay && equal(one.address, node))
    );
  }

  /** The address that an instance announces if neither a rule nor a fact gives it one. Undefined if the node has no address yet. */
  initial({ overlay }: { readonly overlay: string | undefined }, plan: Plan): Value | undefined {
    if (overlay === undefined) return this.#names[0];
    const node = addressTables(plan).find(({ role }) => role.overlay === undefined);
    return this.#announced.get(null) ?? (node?.spec.table?.derived === "pure" ? undefined : this.#names[0]);
  }

  /**
   * Returns the instances whose announced address has changed since the last call. In the change of a new instance, `from` is undefined.
   */
  changes(plan: Plan, tables: AddressTables): readonly Rebinding[] {
    const before = this.#announced;
    const instances = addressTables(plan).map(({ role }) => role.overlay ?? null);
    this.#announced = new Map(instances.map((overlay) => [overlay, tables.localAddress(overlay)]));
    return [...this.#announced].flatMap(([overlay, to]) => {
      const from = before.get(overlay);
      return isSame(from, to) ? [] : [{ overlay, from, to, isNew: !before.has(overlay) }];
    });
  }

  /**
   * Returns the `localAddr` tables of the overlays that followed the node when its address was `from`: the overlay announces `from`, and
   * neither rules nor facts fill the table. `given` are the tables that facts fill.
   */
  followers(plan: Plan, from: Value | undefined, given: ReadonlySet<number>): readonly PredicateSpec[] {
    return addressTables(plan).flatMap(({ spec, role }) => {
      const { overlay } = role;
      if (overlay === undefined || spec.table?.derived === "pure" || given.has(spec.id)) return [];
      return isSame(this.#announced.get(overlay), from) ? [spec] : [];
    });
  }

  /** Whether an instance announces the address of the node. `given` are the tables that facts fill. */
  #follows({ role }: PredicateSpec, plan: Plan, given: ReadonlySet<number>): boolean {
    const overlay = "overlay" in role ? role.overlay : undefined;
    if (overlay === undefined) return true;
    const table = addressTables(plan).find((one) => one.role.overlay === overlay)?.spec;
    if (table === undefined || table.table?.derived === "pure" || given.has(table.id)) return false;
    return !this.#announced.has(overlay) || isSame(this.#announced.get(overlay), this.#announced.get(null));
  }
}

function isSame(one: Value | undefined, other: Value | undefined): boolean {
  return one === other || (one !== undefined && other !== undefined && equal(one, other));
}

interface AddressTable {
  readonly spec: PredicateSpec;
  readonly role: { readonly kind: "localAddr"; readonly overlay: string | undefined };
}

/** Whether the rows of a table are own addresses of the node or of an overlay. */
export function isAddressTable({ role }: PredicateSpec): boolean {
  return role.kind === "localAddr" || role.kind === "addressesOf" || role.kind === "self";
}

/** The `localAddr` tables of the program. */
function addressTables({ predicates }: Plan): readonly AddressTable[] {
  return predicates.flatMap((spec) => (spec.role.kind === "localAddr" ? [{ spec, role: spec.role }] : []));
}

/** Returns the predicates that facts fill: `facts` are the facts of the program for this node, `ofNode` the facts of the node. */
export function givenAddresses(
  { predicates }: Plan,
  facts: readonly { readonly predicate: number }[],
  ofNode: readonly Fact[],
): ReadonlySet<number> {
  const named = predicates.filter(({ name, arity }) =>
    ofNode.some(({ predicate, args }) => predicate === name && args.length === arity),
  );
  return new Set([...facts.map(({ predicate }) => predicate), ...named.map(({ id }) => id)]);
}
