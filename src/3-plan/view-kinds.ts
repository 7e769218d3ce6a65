import { isPredicate } from "../1-check/rule-shape.ts";
import type { CoreProgram } from "../2-rewrite/core.ts";
import type { TableSpec } from "../../runtime/plan/plan.ts";

/** Which tables view rules define alone (pure), and which also hold rows that something else put there (mixed). */
export function viewKinds(core: CoreProgram): ReadonlyMap<string, TableSpec["view"]> {
  const kinds = new Map<string, TableSpec["view"]>();
  for (const rule of core.rules) {
    if (rule.trigger.kind !== "view") continue;
    const name = rule.head.name.text;
    kinds.set(name, isPure(name, core) ? "pure" : "mixed");
  }
  return kinds;
}

function isPure(name: string, core: CoreProgram): boolean {
  const table = core.tables.get(name);
  const isEndless = table?.lifetime === Infinity && table.size === Infinity;
  const others = core.rules.some(
    (rule) => rule.head.name.text === name && (rule.trigger.kind !== "view" || rule.isDelete),
  );
  const isGiven =
    core.facts.some((fact) => fact.atom.name.text === name) || core.accepts.some((one) => one.name === name);
  return isEndless && !others && !isGiven;
}

/** The tables with view rules, each after those its rules read; a cycle is returned by the names on it. */
export function viewOrder(core: CoreProgram): { order: readonly string[]; cycle: readonly string[] | undefined } {
  const reads = viewReads(core);
  const order: string[] = [];
  const path: string[] = [];
  const visit = (name: string): readonly string[] | undefined => {
    if (order.includes(name)) return undefined;
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    path.push(name);
    for (const read of reads.get(name) ?? []) {
      const cycle = reads.has(read) ? visit(read) : undefined;
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    order.push(name);
    return undefined;
  };
  for (const name of reads.keys()) {
    const cycle = visit(name);
    if (cycle !== undefined) return { order, cycle };
  }
  return { order, cycle: undefined };
}

function viewReads(core: CoreProgram): ReadonlyMap<string, ReadonlySet<string>> {
  const reads = new Map<string, Set<string>>();
  for (const rule of core.rules) {
    if (rule.trigger.kind !== "view") continue;
    const known = reads.get(rule.head.name.text) ?? new Set<string>();
    reads.set(rule.head.name.text, known);
    for (const literal of rule.body) if (isPredicate(literal)) known.add(literal.atom.name.text);
  }
  return reads;
}
