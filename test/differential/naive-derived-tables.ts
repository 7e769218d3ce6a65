/** Derived tables of the naive evaluator: each stratum is computed anew after every commit. */
import { compareValues, equalValues, type Values } from "../../runtime/plan/values/value.ts";
import type { TableDeclaration } from "../../src/program/program.ts";
import { type Derivation, derivationsOf, type Support, withoutKnown } from "./derivations.ts";
import { updateRecursiveStratum } from "./naive-cycles.ts";
import { updateMixedTable } from "./naive-mixed.ts";
import type { NaiveRule } from "./naive-rule.ts";
import { haveOneKey, type NaiveRows } from "./naive-table.ts";
import { Runaway } from "./peer.ts";
import type { Facts } from "./solve.ts";

/** Limit of rounds, above that of any recursion over few values. Longer recursions are not compared. */
const ROUNDS_MAX = 1000;

/** Limit of rows in a recursive table, above the number that few values can give. */
export const ROWS_MAX = 300;

export type Tables = Map<string, NaiveRows>;
export type Refreshed = Map<string, readonly Values[]>;

/** Derived tables of a program, by stratum, each stratum after those it reads. */
export interface DerivedTables {
  readonly strata: readonly (readonly string[])[];
  readonly rules: readonly NaiveRule[];
  readonly declarations: ReadonlyMap<string, TableDeclaration>;
  /** Whether a table is pure. */
  readonly isPure: (table: string) => boolean;
}

/**
 * Updates derived tables after a commit of all other tables. `before` is the state before the commit. A pure stratum is
 * computed from nothing, repeatedly until a fixpoint.
 */
export function updateDerivedTables(
  views: DerivedTables,
  before: Facts,
  tables: Tables,
  refreshed: Refreshed,
  ambient: Facts["ambient"],
  now: number,
): void {
  const after: Facts = { rows: (table) => (tables.get(table) ?? []).map((row) => row.values), ambient };
  for (const name of views.strata.flat().filter(views.isPure)) tables.set(name, []);
  for (const stratum of views.strata) {
    const rules = views.rules.filter((rule) => stratum.includes(rule.head.name.text));
    if (!stratum.every(views.isPure)) {
      const declarations = stratum.map((name) => views.declarations.get(name) as TableDeclaration);
      const [declaration] = declarations as [TableDeclaration];
      if (isRecursive(stratum, rules)) {
        if (!declarations.every(isSupported)) throw new Runaway();
        const wasPresent = ({ table, row }: Support): boolean => has(before.rows(table), row);
        const derive = (): readonly Derivation[] => all(rules, after);
        const derivedBefore = all(rules, before);
        updateRecursiveStratum(
          { declarations, isPure: views.isPure, derivedBefore, wasPresent, derive },
          tables,
          refreshed,
          now,
        );
        continue;
      }
      updateMixedTable(declaration, all(rules, before), all(rules, after), tables, refreshed, now);
      continue;
    }
    for (let round = 0; deriveStratum(stratum, rules, views, after, tables); round++) {
      const isLarge = stratum.some((name) => after.rows(name).length > ROWS_MAX);
      if (isLarge || round > ROUNDS_MAX) throw new Runaway();
    }
    addRefreshes(stratum, rules, before, after, refreshed);
  }
}

/** Whether the evaluator supports a recursive mixed table: it has a key and no size. */
function isSupported({ keys, size }: TableDeclaration): boolean {
  return size === Infinity && keys.length > 0;
}

function isRecursive(stratum: readonly string[], rules: readonly NaiveRule[]): boolean {
  return rules.some((rule) =>
    rule.body.some((literal) => literal.kind === "predicate" && stratum.includes(literal.atom.name.text)),
  );
}

function all(rules: readonly NaiveRule[], facts: Facts): readonly Derivation[] {
  return rules.flatMap((rule) => derivationsOf(rule, facts));
}

/** Derives the tables of a stratum once. Returns whether anything changed. */
function deriveStratum(
  stratum: readonly string[],
  rules: readonly NaiveRule[],
  views: DerivedTables,
  facts: Facts,
  tables: Tables,
): boolean {
  const next = stratum.map((name) => {
    const own = rules.filter((rule) => rule.head.name.text === name);
    const rows = all(own, facts).map((derivation) => derivation.row);
    return visibleRows(rows, views.declarations.get(name) as TableDeclaration);
  });
  const isChanged = stratum.some((name, at) => !areEqual(facts.rows(name), next[at] ?? []));
  for (const [at, name] of stratum.entries()) {
    const rows = (next[at] ?? []).map((values) => ({ values, isBase: false, expires: Infinity }));
    tables.set(name, rows);
  }
  return isChanged;
}

/** Returns the visible rows: of those that share a key, the smallest. */
function visibleRows(derived: readonly Values[], table: TableDeclaration): readonly Values[] {
  const sorted = derived.toSorted(compareValues);
  return sorted.filter((row, at) => !sorted.slice(0, at).some((smaller) => haveOneKey(table, smaller, row)));
}

function areEqual(one: readonly Values[], other: readonly Values[]): boolean {
  return one.length === other.length && one.every((row, at) => equalValues(row, other[at] as Values));
}

/** Adds refreshed rows of a stratum: rows that stay, with a derivation that is new or depends on a refreshed row. */
function addRefreshes(
  stratum: readonly string[],
  rules: readonly NaiveRule[],
  before: Facts,
  after: Facts,
  refreshed: Refreshed,
): void {
  for (let size = -1; size !== total(stratum, refreshed); ) {
    size = total(stratum, refreshed);
    for (const name of stratum) {
      const own = rules.filter((rule) => rule.head.name.text === name);
      const refreshedNow = refreshedRows(all(own, before), all(own, after), refreshed);
      refreshed.set(
        name,
        after.rows(name).filter((row) => has(refreshedNow, row) && has(before.rows(name), row)),
      );
    }
  }
}

function total(stratum: readonly string[], refreshed: Refreshed): number {
  return stratum.reduce((sum, name) => sum + (refreshed.get(name) ?? []).length, 0);
}

/** Returns the rows with a derivation that is new or depends on a refreshed row. */
export function refreshedRows(
  before: readonly Derivation[],
  after: readonly Derivation[],
  refreshed: Refreshed,
): readonly Values[] {
  const fresh = withoutKnown(after, before);
  const isRefreshed = (support: Support): boolean => has(refreshed.get(support.table) ?? [], support.row);
  return after.filter((one) => fresh.includes(one) || one.supports.some(isRefreshed)).map(({ row }) => row);
}

export function has(rows: readonly Values[], row: Values): boolean {
  return rows.some((other) => equalValues(other, row));
}
