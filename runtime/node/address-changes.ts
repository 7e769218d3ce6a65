import type { Table } from "../engine/tables/table.ts";
import type { FactSpec } from "../plan/contract/plan.ts";
import type { Tuple } from "../plan/values/packet.ts";
import type { PredicateSpec } from "../plan/values/predicate-spec.ts";
import { equalValues, type Values } from "../plan/values/value.ts";
import { type FactOwner, hostRows, tupleOfFact } from "./initial-tuples.ts";
import { givenAddresses, type Rebinding } from "./own-addresses.ts";

/** Consequences of new own addresses. */
export interface AddressChanges {
  /**
   * Changes of tables: addresses of overlays that announce the node's address, names of the node and its overlays, facts for the new
   * addresses.
   */
  readonly tuples: readonly Tuple[];
  /** Events `rebound`, one for the node or overlay whose announced address has changed. */
  readonly events: readonly Tuple[];
  /** Facts of the program for locations that are still no addresses of this node. */
  readonly othersFacts: ReadonlySet<FactSpec>;
}

interface RunningTables {
  readonly engine: { readonly tables: readonly (Table | undefined)[] };
  readonly othersFacts: ReadonlySet<FactSpec>;
}

/**
 * Returns the changes of tables that follow from changed addresses of the host. `to` is the first of the node's new endpoint names. It
 * becomes the address of the node if the node announces the first of its names. The rows of `hostAddr` become the addresses of the host.
 */
export function hostChanges(
  owner: FactOwner,
  { engine, othersFacts }: RunningTables,
  [to]: readonly string[],
): readonly Tuple[] {
  const { plan, facts, addresses, host } = owner;
  const own = plan.facts.filter((fact) => !othersFacts.has(fact));
  const announced = addresses.followingTable(plan, givenAddresses(plan, own, facts));
  const isMoved = announced !== undefined && to !== undefined && to !== addresses.names[0];
  const moved = isMoved ? [{ predicate: announced, args: [to], isDelete: false }] : [];
  const rows = engine.tables.flatMap((table): readonly Tuple[] =>
    table?.predicate.role.kind === "hostAddresses"
      ? differences(table.predicate, [...table.rows()], hostRows(host))
      : [],
  );
  return [...rows, ...moved];
}

/** Returns the consequences of the own addresses that have changed since the previous call. */
export function addressChanges(owner: FactOwner, { engine, othersFacts }: RunningTables): AddressChanges {
  const { plan, facts, addresses, tables } = owner;
  const own = plan.facts.filter((fact) => !othersFacts.has(fact));
  const given = givenAddresses(plan, own, facts);
  const changes = addresses.changes(plan, tables);
  const node = changes.find(({ overlay }) => overlay === null);
  const following = node === undefined ? [] : ofFollowers(owner, node, given);
  // The names of an overlay depend on its address. If overlays get new addresses now, the names change in the next call.
  const names = following.length === 0 ? changedNames(owner, engine.tables, given) : [];
  const gained = [...othersFacts].filter(
    ({ location }) => location !== undefined && addresses.isPlaceOf(location, tables),
  );
  return {
    tuples: [...following, ...names, ...gained.map((fact) => tupleOfFact(plan, fact))],
    events: changes.flatMap((change) => (change.isNew ? [] : reboundEvent(owner, change))),
    othersFacts: othersFacts.difference(new Set(gained)),
  };
}

function ofFollowers(
  { plan, addresses }: FactOwner,
  { from, to }: Rebinding,
  given: ReadonlySet<number>,
): readonly Tuple[] {
  const address = to ?? from;
  if (address === undefined) return [];
  return addresses
    .followers(plan, from, given)
    .map((predicate) => ({ predicate, args: [address], isDelete: to === undefined }));
}

/** Returns the changes after which the tables of names hold the names to which the node and its overlays answer. */
function changedNames(
  { plan, addresses }: FactOwner,
  tables: readonly (Table | undefined)[],
  given: ReadonlySet<number>,
): readonly Tuple[] {
  return tables.flatMap((table): readonly Tuple[] => {
    if (table?.predicate.role.kind !== "localNames") return [];
    const wanted = addresses.namesOf(table.predicate, plan, given).map((name) => [name]);
    return differences(table.predicate, [...table.rows()], wanted);
  });
}

/** Returns the changes that make a table with the rows `present` hold the rows `wanted`. */
function differences(
  predicate: PredicateSpec,
  present: readonly Values[],
  wanted: readonly Values[],
): readonly Tuple[] {
  const isIn = (row: Values, rows: readonly Values[]): boolean => rows.some((one) => equalValues(one, row));
  const gone = present.filter((row) => !isIn(row, wanted)).map((args) => ({ predicate, args, isDelete: true }));
  const added = wanted.filter((row) => !isIn(row, present)).map((args) => ({ predicate, args, isDelete: false }));
  return [...gone, ...added];
}

function reboundEvent({ plan: { predicates } }: FactOwner, { overlay, from, to }: Rebinding): readonly Tuple[] {
  const predicate = predicates.find(({ role }) => role.kind === "rebound" && (role.overlay ?? null) === overlay);
  return predicate === undefined ? [] : [{ predicate, args: [from ?? null, to ?? null], isDelete: false }];
}
