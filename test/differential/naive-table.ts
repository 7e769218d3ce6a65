import { compare, compareValues, equalValues, type Values, type Value } from "../../runtime/plan/values/value.ts";
import type { TableDeclaration } from "../../src/program/program.ts";

export interface NaiveRow {
  readonly values: Values;
  /** Whether the row was inserted, not only derived. */
  readonly isBase: boolean;
  /** Seconds on the node's clock. */
  readonly expires: number;
}

/** Rows of one table, in the order of their last insertion or refresh. */
export type NaiveRows = readonly NaiveRow[];

interface Committed {
  readonly rows: NaiveRows;
  /** Refreshed rows. */
  readonly refreshed: readonly Values[];
}

/** Returns a table after a commit: expiry, deletions, insertions, evictions, in this order. */
export function commitTable(
  table: TableDeclaration,
  before: NaiveRows,
  deleted: readonly Values[],
  inserted: readonly Values[],
  now: number,
): Committed {
  const alive = before.filter((row) => row.expires > now);
  const remaining = alive.filter((row) => !deleted.some((values) => haveOneKey(table, values, row.values)));
  const chosen = inserted.filter((values) =>
    inserted.every((competitor) => !beats(table, competitor, values, remaining)),
  );
  const distinct = table.keys.length === 0 ? chosen : withoutRepeats(chosen);
  const rows = distinct
    .toSorted(compareValues)
    .reduce<NaiveRows>((others, values) => insert(table, others, values, now), remaining);
  const isThere = (values: Values): boolean => remaining.some((row) => equalValues(row.values, values));
  const refreshed = table.keys.length === 0 ? [] : distinct.filter(isThere);
  return { rows: evicted(table, rows), refreshed };
}

function insert(table: TableDeclaration, rows: NaiveRows, values: Values, now: number): NaiveRows {
  const others = table.keys.length === 0 ? rows : rows.filter((row) => !haveOneKey(table, row.values, values));
  return [...others, { values, isBase: true, expires: now + table.lifetime }];
}

/** Resolves a key conflict: a row that changes the table wins against a refresh, otherwise the greater row wins. */
function beats(table: TableDeclaration, competitor: Values, values: Values, present: NaiveRows): boolean {
  if (table.keys.length === 0 || !haveOneKey(table, competitor, values) || equalValues(competitor, values))
    return false;
  const isThere = (one: Values): boolean => present.some((row) => equalValues(row.values, one));
  if (isThere(competitor) !== isThere(values)) return isThere(values);
  return compareValues(competitor, values) > 0;
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

export function haveOneKey({ keys }: TableDeclaration, one: Values, other: Values): boolean {
  if (keys.length === 0) return equalValues(one, other);
  return keys.every((column) => equalValues([one[column] as Value], [other[column] as Value]));
}

function withoutRepeats(rows: readonly Values[]): readonly Values[] {
  return rows.filter((row, at) => rows.findIndex((other) => equalValues(other, row)) === at);
}
