import { isPredicate } from "../program/rule-shape.ts";
import type { CoreProgram } from "./core.ts";
import type { TableSpec } from "../../runtime/plan/values/predicate-spec.ts";

/** Which tables view rules define alone (pure), and which also hold rows that something else put there (mixed). */
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
    if (trigger.kind === "maintained") kinds.set(name, isEndless(name, core) && !filled.has(name) ? "pure" : "mixed");
  }
  return kinds;
}

function isEndless(name: string, core: CoreProgram): boolean {
  const table = core.tables.get(name);
  return table?.lifetime === Infinity && table.size === Infinity;
}

/**
 * The tables that say when a row is only refreshed: those where rules listen for it, and those from which rules lead to
 * one of them, or to a mixed table, whose derived rows live on, and come back, when what they come from is refreshed.
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
