import { compareRows, equalRows, type Row, type Value } from "../../runtime/plan/value.ts";
import { isPredicate } from "../../src/1-check/rule-shape.ts";
import { deriveEach, deriveGroups } from "./derive.ts";
import type { NaiveRule } from "./naive-rule.ts";
import { type Facts, solve } from "./solve.ts";

/** More rounds than any recursion over a few values takes. */
const ROUNDS_MAX = 1000;

/**
 * What the tables that rules alone define hold, worked out from nothing: group by group in the order in which they read
 * each other, each group until its rules derive nothing else. Of the rows that share a key the smallest shows.
 */
export function recomputeViews(
  strata: readonly (readonly string[])[],
  rules: readonly NaiveRule[],
  facts: Facts,
): ReadonlyMap<string, readonly Row[]> {
  const shown = new Map<string, readonly Row[]>(strata.flat().map((table) => [table, []]));
  const seen: Facts = { ...facts, rows: (table) => shown.get(table) ?? facts.rows(table) };
  for (const stratum of strata) {
    for (let round = 0; deriveStratum(stratum, rules, seen, shown); round++) {
      if (round > ROUNDS_MAX) throw new Error(`${stratum.join(", ")} never settle`);
    }
  }
  return shown;
}

/** Whether the rules derived anything other than what was shown. */
function deriveStratum(
  stratum: readonly string[],
  rules: readonly NaiveRule[],
  facts: Facts,
  shown: Map<string, readonly Row[]>,
): boolean {
  const next = stratum.map((table) => {
    const own = rules.filter((rule) => rule.head.name.text === table);
    return shownOf(
      own.flatMap((rule) => derivedBy(rule, facts)),
      own[0]?.keys ?? [],
    );
  });
  const isChanged = stratum.some((table, at) => !areEqual(shown.get(table) ?? [], next[at] ?? []));
  for (const [at, table] of stratum.entries()) shown.set(table, next[at] ?? []);
  return isChanged;
}

function derivedBy(rule: NaiveRule, facts: Facts): readonly Row[] {
  const ways = solve(rule.body, new Map(), facts);
  if (rule.isAggregate) return deriveGroups(rule.head, rule.keys, ways, facts.ambient);
  return deriveEach(rule.head, ways, facts.ambient).map((derived) => derived.args);
}

function shownOf(derived: readonly Row[], keys: readonly number[]): readonly Row[] {
  const keyOf = (row: Row): Row => (keys.length === 0 ? row : keys.map((column) => row[column] as Value));
  const sorted = derived.toSorted(compareRows);
  return sorted.filter((row, at) => !sorted.slice(0, at).some((smaller) => equalRows(keyOf(smaller), keyOf(row))));
}

function areEqual(one: readonly Row[], other: readonly Row[]): boolean {
  return one.length === other.length && one.every((row, at) => equalRows(row, other[at] as Row));
}

/** The defined tables in groups that read each other, each group after those it reads. */
export function strataOf(rules: readonly NaiveRule[]): readonly (readonly string[])[] {
  const tables = [...new Set(rules.map((rule) => rule.head.name.text))];
  const reads = (table: string): readonly string[] =>
    rules
      .filter((rule) => rule.head.name.text === table)
      .flatMap((rule) => rule.body.filter(isPredicate).map((literal) => literal.atom.name.text))
      .filter((name) => tables.includes(name));
  const reached = new Map(tables.map((table) => [table, reachable(table, reads)]));
  const reaches = (from: string, to: string): boolean => reached.get(from)?.has(to) === true;
  const groups = tables.map((table) =>
    tables.filter((other) => other === table || (reaches(table, other) && reaches(other, table))),
  );
  const distinct = groups.filter((group, at) => groups.findIndex((other) => other.includes(group[0] as string)) === at);
  const depth = ([table = ""]: readonly string[]): number => new Set([table, ...(reached.get(table) ?? [])]).size;
  return distinct.toSorted((a, b) => depth(a) - depth(b));
}

/** Everything a table reads, however far away. */
function reachable(table: string, reads: (table: string) => readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting = [...reads(table)];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    waiting.push(...reads(next));
  }
  return found;
}
