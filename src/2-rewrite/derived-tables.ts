import { isPredicate } from "../program/rule-shape.ts";
import type { CoreProgram } from "./core.ts";
import type { TableSpec } from "../../runtime/plan/values/predicate-spec.ts";

/** Which tables view rules define alone (pure), and which also hold rows that something else put there (mixed). */
export function viewKinds(core: CoreProgram): ReadonlyMap<string, TableSpec["derived"]> {
  const kinds = new Map<string, TableSpec["derived"]>();
  const filled = new Set([
    ...core.rules.filter((rule) => rule.trigger.kind !== "view" || rule.isDelete).map((rule) => rule.head.name.text),
    ...core.facts.map((fact) => fact.atom.name.text),
    ...core.accepts.map((accept) => accept.name),
  ]);
  for (const { trigger, head } of core.rules) {
    const name = head.name.text;
    if (trigger.kind === "view") kinds.set(name, isEndless(name, core) && !filled.has(name) ? "pure" : "mixed");
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
export function tellersOfRefreshes(
  core: CoreProgram,
  kinds: ReadonlyMap<string, TableSpec["derived"]>,
): ReadonlySet<string> {
  const heard = core.rules.flatMap(({ trigger }) =>
    trigger.kind === "refreshed" ? [trigger.literal.atom.name.text] : [],
  );
  const tellers = new Set(heard);
  for (let size = -1; size !== tellers.size; ) {
    size = tellers.size;
    for (const { trigger, head, body } of core.rules) {
      const name = head.name.text;
      if (trigger.kind !== "view" || (kinds.get(name) !== "mixed" && !tellers.has(name))) continue;
      for (const literal of body) if (isPredicate(literal) && !literal.negated) tellers.add(literal.atom.name.text);
    }
    for (const { inlet, outlet } of core.channels) if (tellers.has(inlet)) tellers.add(outlet);
  }
  return tellers;
}
