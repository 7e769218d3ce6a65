import { compareValues, equalValues, type Values } from "../../runtime/plan/values/value.ts";
import type { TableDeclaration } from "../../src/program/program.ts";
import type { Derivation } from "./derivations.ts";
import { evicted, haveOneKey, type NaiveRow, type NaiveRows } from "./naive-table.ts";
import { has, type Refreshed, refreshedRows, type Tables } from "./naive-derived-tables.ts";

/**
 * Updates a mixed table: one with base rows and derived rows. A base row keeps its key. A derived row is inserted with a new
 * or refreshed derivation, and deleted with its last. Of several for one key the smallest is inserted; when it loses its last
 * derivation, another one follows.
 */
export function updateMixedTable(
  table: TableDeclaration,
  before: readonly Derivation[],
  after: readonly Derivation[],
  tables: Tables,
  refreshed: Refreshed,
  now: number,
): void {
  const refreshedNow = refreshedRows(before, after, refreshed);
  const derived = after.map((derivation) => derivation.row);
  const present = tables.get(table.name) ?? [];
  const expected = keysOf(table, [...present.map((row) => row.values), ...derived]).flatMap((key) => {
    const row = present.find(({ values }) => haveOneKey(table, values, key));
    const values = wantedRow(
      row,
      derived.filter((one) => haveOneKey(table, one, key)),
      refreshedNow,
    );
    return values === undefined ? [] : [values];
  });
  const remaining = present.filter(({ values }) => has(expected, values));
  const refreshes = expected.filter((values) => has(refreshedNow, values)).toSorted(compareValues);
  const fresh = expected.filter(
    (values) =>
      !has(
        remaining.map((row) => row.values),
        values,
      ),
  );
  const moved = [...new Set([...refreshes, ...fresh])].toSorted(compareValues);
  const rows: NaiveRows = [
    ...remaining.filter(({ values }) => !has(moved, values)),
    ...moved.map(
      (values): NaiveRow => ({
        values,
        isBase: remaining.find((row) => equalValues(row.values, values))?.isBase ?? false,
        expires: now + table.lifetime,
      }),
    ),
  ];
  tables.set(table.name, evicted(table, rows));
  const again = refreshes.filter((values) =>
    has(
      remaining.map((row) => row.values),
      values,
    ),
  );
  refreshed.set(table.name, [...(refreshed.get(table.name) ?? []), ...again]);
}

/** Returns one row of each key. */
function keysOf(table: TableDeclaration, rows: readonly Values[]): readonly Values[] {
  return rows.filter((row, at) => rows.findIndex((other) => haveOneKey(table, other, row)) === at);
}

/** Returns the row that a key should have, given the present row, the derived rows, and those with refreshed derivations. */
function wantedRow(
  present: NaiveRow | undefined,
  derived: readonly Values[],
  refreshedNow: readonly Values[],
): Values | undefined {
  if (present?.isBase === true) return present.values;
  const isVacant = present !== undefined && !has(derived, present.values);
  const isEligible = (row: Values): boolean =>
    isVacant || has(refreshedNow, row) || (present !== undefined && equalValues(row, present.values));
  return derived.filter(isEligible).toSorted(compareValues)[0];
}
