import { isPredicate } from "../../src/program/rule-shape.ts";
import type { NaiveRule } from "./naive-rule.ts";

/** Strata of derived tables, each after those it reads. */
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

/** Returns all tables that a table depends on, directly or not. */
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
