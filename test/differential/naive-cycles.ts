import { compareValues, equalValues } from "../../runtime/plan/values/value.ts";
import type { TableDeclaration } from "../../src/program/program.ts";
import { type Derivation, type Support, withoutKnown } from "./derivations.ts";
import type { NaiveRow, NaiveRows } from "./naive-table.ts";
import { type Refreshed, ROWS_MAX, type Tables } from "./naive-views.ts";
import { Runaway } from "./peer.ts";

/** Tables that rules derive from each other, of which some hold what was put there, too, or keep their rows for a time. */
export interface Circle {
  /** The key of each is all of its columns, and none has a size. */
  readonly declarations: readonly TableDeclaration[];
  readonly isPure: (table: string) => boolean;
  /** From the tables as they were before the commit. */
  readonly derivedBefore: readonly Derivation[];
  readonly wasThere: (fact: Support) => boolean;
  /** From the tables as they are. */
  readonly derive: () => readonly Derivation[];
}

/**
 * From what was put there all is derived anew, round after round. A derived row is there when it was there before or is
 * renewed: by a derivation that is new, or that stands on what was put again. In a pure view, every derived row is there.
 */
export function settleCircle(circle: Circle, tables: Tables, refreshed: Refreshed, now: number): void {
  const { declarations, isPure, derivedBefore, wasThere, derive } = circle;
  const own = declarations.map(({ name }) => name);
  const present = own.flatMap((table) => (tables.get(table) ?? []).map((row) => ({ table, row: row.values, of: row })));
  const wasRefreshed = (fact: Support): boolean =>
    (refreshed.get(fact.table) ?? []).some((row) => equalValues(row, fact.row));
  let there: readonly Support[] = present.filter((one) => one.of.isBase);
  let renewed: readonly Support[] = [];
  for (let size = -1; size !== there.length + renewed.length; ) {
    size = there.length + renewed.length;
    if (there.length > ROWS_MAX) throw new Runaway();
    for (const table of own) tables.set(table, rowsOf(table, there, now));
    const derived = derive();
    const derivable = distinct(derived);
    const isRefreshed = (fact: Support): boolean => wasRefreshed(fact) || (has(renewed, fact) && wasThere(fact));
    const fresh = withoutKnown(derived, derivedBefore);
    renewed = distinct(derived.filter((one) => fresh.includes(one) || one.supports.some(isRefreshed)));
    const come = derivable.filter((fact) => isPure(fact.table) || has(present, fact) || has(renewed, fact));
    there = distinct([...there, ...come]);
  }
  for (const { name, lifetime } of declarations) {
    const before = present.filter((one) => one.table === name && has(there, one));
    const isKept = (one: Support): boolean => has(before, one) && !has(renewed, one);
    const moved = there
      .filter((one) => one.table === name && !isKept(one))
      .toSorted((a, b) => compareValues(a.row, b.row));
    const kept: NaiveRows = before.filter(isKept).map((one) => one.of);
    tables.set(name, [
      ...kept,
      ...moved.map(({ row }): NaiveRow => {
        const isBase = before.some(({ of }) => of.isBase && equalValues(of.values, row));
        return { values: row, isBase, expires: now + lifetime };
      }),
    ]);
  }
  for (const table of own) {
    const again = renewed.filter((one) => one.table === table && wasThere(one) && !wasRefreshed(one));
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
