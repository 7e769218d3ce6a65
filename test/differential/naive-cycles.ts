import { compareValues, equalValues } from "../../runtime/plan/values/value.ts";
import type { TableDeclaration } from "../../src/program/program.ts";
import { type Derivation, type Support, withoutKnown } from "./derivations.ts";
import type { NaiveRow, NaiveRows } from "./naive-table.ts";
import { type Refreshed, ROWS_MAX, type Tables } from "./naive-derived-tables.ts";
import { Runaway } from "./peer.ts";

/** Recursive stratum in which some table is mixed or has a lifetime. */
export interface RecursiveTables {
  /** Tables of the stratum. Each has all columns as key, and no size. */
  readonly declarations: readonly TableDeclaration[];
  readonly isPure: (table: string) => boolean;
  /** Derivations from the tables before the commit. */
  readonly derivedBefore: readonly Derivation[];
  readonly wasPresent: (fact: Support) => boolean;
  /** Returns the derivations from the current tables. */
  readonly derive: () => readonly Derivation[];
}

/**
 * Derives the stratum anew from its base rows, round after round. A derivable row of a mixed table is in the table if it was
 * there before, or if a derivation of it is new or depends on a refreshed row. A pure table holds every derivable row.
 */
export function updateRecursiveStratum(
  stratum: RecursiveTables,
  tables: Tables,
  refreshed: Refreshed,
  now: number,
): void {
  const { declarations, isPure, derivedBefore, wasPresent, derive } = stratum;
  const own = declarations.map(({ name }) => name);
  const present = own.flatMap((table) => (tables.get(table) ?? []).map((row) => ({ table, row: row.values, of: row })));
  const wasRefreshed = (fact: Support): boolean =>
    (refreshed.get(fact.table) ?? []).some((row) => equalValues(row, fact.row));
  let current: readonly Support[] = present.filter((one) => one.of.isBase);
  let refreshedNow: readonly Support[] = [];
  for (let size = -1; size !== current.length + refreshedNow.length; ) {
    size = current.length + refreshedNow.length;
    if (current.length > ROWS_MAX) throw new Runaway();
    for (const table of own) tables.set(table, rowsOf(table, current, now));
    const derived = derive();
    const derivable = distinct(derived);
    const isRefreshed = (fact: Support): boolean => wasRefreshed(fact) || (has(refreshedNow, fact) && wasPresent(fact));
    const fresh = withoutKnown(derived, derivedBefore);
    refreshedNow = distinct(derived.filter((one) => fresh.includes(one) || one.supports.some(isRefreshed)));
    const inserted = derivable.filter((fact) => isPure(fact.table) || has(present, fact) || has(refreshedNow, fact));
    current = distinct([...current, ...inserted]);
  }
  for (const { name, lifetime } of declarations) {
    const before = present.filter((one) => one.table === name && has(current, one));
    const isKept = (one: Support): boolean => has(before, one) && !has(refreshedNow, one);
    const moved = current
      .filter((one) => one.table === name && !isKept(one))
      .toSorted((a, b) => compareValues(a.row, b.row));
    const remaining: NaiveRows = before.filter(isKept).map((one) => one.of);
    tables.set(name, [
      ...remaining,
      ...moved.map(({ row }): NaiveRow => {
        const isBase = before.some(({ of }) => of.isBase && equalValues(of.values, row));
        return { values: row, isBase, expires: now + lifetime };
      }),
    ]);
  }
  for (const table of own) {
    const again = refreshedNow.filter((one) => one.table === table && wasPresent(one) && !wasRefreshed(one));
    refreshed.set(table, [...(refreshed.get(table) ?? []), ...again.map(({ row }) => row)]);
  }
}

function rowsOf(table: string, facts: readonly Support[], now: number): NaiveRows {
  return facts.filter((one) => one.table === table).map(({ row }) => ({ values: row, isBase: false, expires: now }));
}

function has(facts: readonly Support[], fact: Support): boolean {
  return facts.some((one) => isSame(one, fact));
}

function distinct(facts: readonly Support[]): readonly Support[] {
  return facts.filter((fact, at) => facts.findIndex((one) => isSame(one, fact)) === at);
}

function isSame(one: Support, other: Support): boolean {
  return one.table === other.table && equalValues(one.row, other.row);
}
