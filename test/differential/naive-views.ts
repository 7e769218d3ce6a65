import { compareValues, equalValues, type Values } from "../../runtime/plan/values/value.ts";
import type { TableDeclaration } from "../../src/program/program.ts";
import { type Derivation, derivationsOf, type Support, withoutKnown } from "./derivations.ts";
import { settleCircle } from "./naive-cycles.ts";
import { settleMixed } from "./naive-mixed.ts";
import type { NaiveRule } from "./naive-rule.ts";
import { haveOneKey, type NaiveRows } from "./naive-table.ts";
import { Runaway } from "./peer.ts";
import type { Facts } from "./solve.ts";

/** More rounds than any recursion over a few small values takes. One that counts down from a great number is left alone. */
const ROUNDS_MAX = 1000;

/** Of a table that is derived from itself: more than few values make, unless they are ever new ones. */
export const ROWS_MAX = 300;

export type Tables = Map<string, NaiveRows>;
export type Refreshed = Map<string, readonly Values[]>;

/** The tables that view rules define, in groups that read each other, each group after those it reads. */
export interface Views {
  readonly strata: readonly (readonly string[])[];
  readonly rules: readonly NaiveRule[];
  readonly declarations: ReadonlyMap<string, TableDeclaration>;
  /** Nothing but view rules fills it, and nothing takes from it. */
  readonly isPure: (table: string) => boolean;
}

/**
 * Brings what rules define in line with everything else, which is committed: `before` is the state before the commit.
 * A pure view is worked out from nothing, its group again and again until the rules derive nothing else.
 */
export function settleViews(
  views: Views,
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
        if (!declarations.every(isRoomy)) throw new Runaway();
        const wasThere = ({ table, row }: Support): boolean => has(before.rows(table), row);
        const derive = (): readonly Derivation[] => all(rules, after);
        const derivedBefore = all(rules, before);
        settleCircle({ declarations, isPure: views.isPure, derivedBefore, wasThere, derive }, tables, refreshed, now);
        continue;
      }
      settleMixed(declaration, all(rules, before), all(rules, after), tables, refreshed, now);
      continue;
    }
    for (let round = 0; deriveStratum(stratum, rules, views, after, tables); round++) {
      const isLarge = stratum.some((name) => after.rows(name).length > ROWS_MAX);
      if (isLarge || round > ROUNDS_MAX) throw new Runaway();
    }
    tellRefreshes(stratum, rules, before, after, refreshed);
  }
}

/** What it means that rows go for want of room, or wait for others of their key, in a circle is not for a simple evaluator. */
function isRoomy({ keys, size }: TableDeclaration): boolean {
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

/** Whether the rules derived anything other than what was shown. */
function deriveStratum(
  stratum: readonly string[],
  rules: readonly NaiveRule[],
  views: Views,
  facts: Facts,
  tables: Tables,
): boolean {
  const next = stratum.map((name) => {
    const own = rules.filter((rule) => rule.head.name.text === name);
    const rows = all(own, facts).map((derivation) => derivation.row);
    return shownOf(rows, views.declarations.get(name) as TableDeclaration);
  });
  const isChanged = stratum.some((name, at) => !areEqual(facts.rows(name), next[at] ?? []));
  for (const [at, name] of stratum.entries()) {
    const rows = (next[at] ?? []).map((values) => ({ values, isBase: false, expires: Infinity }));
    tables.set(name, rows);
  }
  return isChanged;
}

/** Of the rows that share a key the smallest shows. */
function shownOf(derived: readonly Values[], table: TableDeclaration): readonly Values[] {
  const sorted = derived.toSorted(compareValues);
  return sorted.filter((row, at) => !sorted.slice(0, at).some((smaller) => haveOneKey(table, smaller, row)));
}

function areEqual(one: readonly Values[], other: readonly Values[]): boolean {
  return one.length === other.length && one.every((row, at) => equalValues(row, other[at] as Values));
}

/** A row that stays is refreshed when a derivation of it is new or stands on what is refreshed. */
function tellRefreshes(
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
      const renewed = renewedRows(all(own, before), all(own, after), refreshed);
      refreshed.set(
        name,
        after.rows(name).filter((row) => has(renewed, row) && has(before.rows(name), row)),
      );
    }
  }
}

function total(stratum: readonly string[], refreshed: Refreshed): number {
  return stratum.reduce((sum, name) => sum + (refreshed.get(name) ?? []).length, 0);
}

/** What a new derivation derives, or one that was there and stands on a row that was put again. */
export function renewedRows(
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
