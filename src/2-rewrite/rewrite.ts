import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { CheckedProgram } from "../1-check/check.ts";
import { isLocalAddressTable } from "../1-check/builtin.ts";
import type { CoreProgram } from "./core.ts";
import { expandViews } from "./expand-views.ts";
import { findTriggers } from "./find-triggers.ts";
import { liftArguments } from "./lift-arguments.ts";
import { settlePlaces } from "./settle-places.ts";

/** Turns a checked program into plain rules: views expanded, places settled, every rule with its trigger. */
export function rewrite(checked: CheckedProgram): { core: CoreProgram; diagnostics: readonly Diagnostic[] } {
  const expansion = expandViews(checked);
  const diagnostics = [...expansion.diagnostics];
  const isTable = (name: string): boolean => expansion.tables.has(name) || isLocalAddressTable(name);
  const rules = expansion.rules.flatMap((rule) => {
    const settled = settlePlaces(rule, diagnostics);
    return settled === undefined ? [] : findTriggers(settled, isTable, diagnostics).map(liftArguments);
  });
  const { overlays, facts, accepts, signatures, watches } = checked.program;
  const { tables, arities } = expansion;
  return { core: { overlays, tables, arities, rules, facts, accepts, signatures, watches }, diagnostics };
}
