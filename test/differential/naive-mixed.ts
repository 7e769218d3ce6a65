import { compareValues, equalValues, type Values } from "../../runtime/plan/values/value.ts";
import type { TableDeclaration } from "../../src/program/program.ts";
import type { Derivation } from "./derivations.ts";
import { evicted, haveOneKey, type NaiveRow, type NaiveRows } from "./naive-table.ts";
import { has, type Refreshed, renewedRows, type Tables } from "./naive-views.ts";

/**
 * A table that holds both what was put there and what its rules derive. What was put there keeps its key. A derived row
 * comes with a new derivation, or a refreshed one, and goes with its last; of several for one key the smallest comes, and
 * when the one that shows goes, those that waited have their turn.
 */
export function settleMixed(
  table: TableDeclaration,
  before: readonly Derivation[],
  after: readonly Derivation[],
  tables: Tables,
  refreshed: Refreshed,
  now: number,
): void {
  const renewed = renewedRows(before, after, refreshed);
  const derived = after.map((derivation) => derivation.row);
  const present = tables.get(table.name) ?? [];
  const wanted = keysOf(table, [...present.map((row) => row.values), ...derived]).flatMap((key) => {
    const row = present.find(({ values }) => haveOneKey(table, values, key));
    const values = wantedRow(
      row,
      derived.filter((one) => haveOneKey(table, one, key)),
      renewed,
    );
    return values === undefined ? [] : [values];
  });
  const kept = present.filter(({ values }) => has(wanted, values));
  const renewals = wanted.filter((values) => has(renewed, values)).toSorted(compareValues);
  const fresh = wanted.filter(
    (values) =>
      !has(
        kept.map((row) => row.values),
        values,
      ),
  );
  const moved = [...new Set([...renewals, ...fresh])].toSorted(compareValues);
  const rows: NaiveRows = [
    ...kept.filter(({ values }) => !has(moved, values)),
    ...moved.map(
      (values): NaiveRow => ({
        values,
        isBase: kept.find((row) => equalValues(row.values, values))?.isBase ?? false,
        expires: now + table.lifetime,
      }),
    ),
  ];
  tables.set(table.name, evicted(table, rows));
  const again = renewals.filter((values) =>
    has(
      kept.map((row) => row.values),
      values,
    ),
  );
  refreshed.set(table.name, [...(refreshed.get(table.name) ?? []), ...again]);
}

/** One row of each key. */
function keysOf(table: TableDeclaration, rows: readonly Values[]): readonly Values[] {
  return rows.filter((row, at) => rows.findIndex((other) => haveOneKey(table, other, row)) === at);
}

/** What should be at a key, given what is there, what is derived for it, and which of that is renewed. */
function wantedRow(
  present: NaiveRow | undefined,
  derived: readonly Values[],
  renewed: readonly Values[],
): Values | undefined {
  if (present?.isBase === true) return present.values;
  const isVacated = present !== undefined && !has(derived, present.values);
  const mayCome = (row: Values): boolean =>
    isVacated || has(renewed, row) || (present !== undefined && equalValues(row, present.values));
  return derived.filter(mayCome).toSorted(compareValues)[0];
}
