import { isPredicate } from "../program/rule-shape.ts";
import type { CoreProgram } from "./core.ts";
import type { TableSpec } from "../../runtime/plan/values/predicate-spec.ts";

/**
 * The derived tables. `pure`: only rules over tables change the table, and it has no lifetime and no size limit. `mixed`: all others, such
 * as tables that facts, event rules or peers change too.
 */
export function derivedTables(core: CoreProgram): ReadonlyMap<string, TableSpec["derived"]> {
  const kinds = new Map<string, TableSpec["derived"]>();
  const filled = new Set([
    ...core.rules
      .filter((rule) => rule.trigger.kind !== "maintained" || rule.isDelete)
      .map((rule) => rule.head.name.text),
    ...core.facts.map((fact) => fact.atom.name.text),
    ...core.accepts.map((accept) => accept.name),
  ]);
  for (const { trigger, head } of core.rules) {
    const name = head.name.text;
    if (trigger.kind === "maintained") kinds.set(name, isPermanent(name, core) && !filled.has(name) ? "pure" : "mixed");
  }
  return kinds;
}

function isPermanent(name: string, core: CoreProgram): boolean {
  const table = core.tables.get(name);
  return table?.lifetime === Infinity && table.size === Infinity;
}

/**
 * The tables that notify their readers of refreshes: tables whose refreshes trigger a rule, tables in the bodies of rules that define such
 * a table, and tables in the bodies of rules that define a mixed table, since a refreshed body row extends or restores the derived rows.
 */
export function refreshNotifiers(
  core: CoreProgram,
  kinds: ReadonlyMap<string, TableSpec["derived"]>,
): ReadonlySet<string> {
  const subscribed = core.rules.flatMap(({ trigger }) =>
    trigger.kind === "refreshed" ? [trigger.literal.atom.name.text] : [],
  );
  const notifiers = new Set(subscribed);
  for (let size = -1; size !== notifiers.size; ) {
    size = notifiers.size;
    for (const { trigger, head, body } of core.rules) {
      const name = head.name.text;
      if (trigger.kind !== "maintained" || (kinds.get(name) !== "mixed" && !notifiers.has(name))) continue;
      for (const literal of body) if (isPredicate(literal) && !literal.negated) notifiers.add(literal.atom.name.text);
    }
    for (const { inlet, outlet } of core.channels) if (notifiers.has(inlet)) notifiers.add(outlet);
  }
  return notifiers;
}
