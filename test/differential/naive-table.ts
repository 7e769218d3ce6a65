import { compare, compareRows, equalRows, type Row, type Value } from "../../runtime/plan/values/value.ts";
import type { TableDeclaration } from "../../src/program/program.ts";

export interface NaiveRow {
  readonly values: Row;
  /** Something other than a view rule put it here. */
  readonly isBase: boolean;
  /** Seconds on the node's clock. */
  readonly expires: number;
}

/** The rows of one table, from the longest unrefreshed to the newest. */
export type NaiveRows = readonly NaiveRow[];

interface Committed {
  readonly rows: NaiveRows;
  /** What was put again as it was. */
  readonly refreshed: readonly Row[];
}

/** The table after one commit: what is due goes, then what is deleted; then rows come, and what is too much goes. */
export function commitTable(
  table: TableDeclaration,
  before: NaiveRows,
  deleted: readonly Row[],
  inserted: readonly Row[],
  now: number,
): Committed {
  const alive = before.filter((row) => row.expires > now);
  const kept = alive.filter((row) => !deleted.some((values) => haveOneKey(table, values, row.values)));
  const chosen = inserted.filter((values) => inserted.every((rival) => !beats(table, rival, values, kept)));
  const distinct = table.keys.length === 0 ? chosen : withoutRepeats(chosen);
  const rows = distinct
    .toSorted(compareRows)
    .reduce<NaiveRows>((others, values) => insert(table, others, values, now), kept);
  const isThere = (values: Row): boolean => kept.some((row) => equalRows(row.values, values));
  const refreshed = table.keys.length === 0 ? [] : distinct.filter(isThere);
  return { rows: evicted(table, rows), refreshed };
}

function insert(table: TableDeclaration, rows: NaiveRows, values: Row, now: number): NaiveRows {
  const others = table.keys.length === 0 ? rows : rows.filter((row) => !haveOneKey(table, row.values, values));
  return [...others, { values, isBase: true, expires: now + table.lifetime }];
}

/** Of two rows for one key: one that changes the table beats one that is there already, then the greater wins. */
function beats(table: TableDeclaration, rival: Row, values: Row, present: NaiveRows): boolean {
  if (table.keys.length === 0 || !haveOneKey(table, rival, values) || equalRows(rival, values)) return false;
  const isThere = (one: Row): boolean => present.some((row) => equalRows(row.values, one));
  if (isThere(rival) !== isThere(values)) return isThere(values);
  return compareRows(rival, values) > 0;
}

export function evicted(table: TableDeclaration, rows: NaiveRows): NaiveRows {
  if (rows.length <= table.size) return rows;
  const victim = victimOf(table, rows);
  return evicted(
    table,
    rows.filter((row) => row !== victim),
  );
}

function victimOf({ evict }: TableDeclaration, rows: NaiveRows): NaiveRow {
  const [oldest] = rows as [NaiveRow];
  if (evict.policy === "fifo") return oldest;
  const sign = evict.policy === "max" ? 1 : -1;
  return rows.reduce((victim, row) => {
    const order = compare(row.values[evict.column] as Value, victim.values[evict.column] as Value);
    return order * sign > 0 ? row : victim;
  }, oldest);
}

export function haveOneKey({ keys }: TableDeclaration, one: Row, other: Row): boolean {
  if (keys.length === 0) return equalRows(one, other);
  return keys.every((column) => equalRows([one[column] as Value], [other[column] as Value]));
}

function withoutRepeats(rows: readonly Row[]): readonly Row[] {
  return rows.filter((row, at) => rows.findIndex((other) => equalRows(other, row)) === at);
}
