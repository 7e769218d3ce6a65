import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { CheckedProgram } from "../1-check/check.ts";
import type { CoreProgram } from "./core.ts";
import { isKeyed } from "../../runtime/plan/values/predicate-spec.ts";
import { isLocalAddressTable } from "../program/builtin.ts";
import { expandViews } from "./expand-views.ts";
import { findTriggers } from "./find-triggers.ts";
import { HiddenTables } from "./hidden-tables.ts";
import { memoiseImpure } from "./memoise-impure.ts";
import { liftArguments } from "./lift-arguments.ts";
import { liftPatterns } from "./lift-patterns.ts";
import { localise } from "./localise.ts";
import { localiseAggregate } from "./localise-aggregate.ts";
import { readOwnAddress } from "./own-address.ts";
import { projectNegations } from "./project-negations.ts";
import { raiseDeltas } from "./raise-deltas.ts";
import { splitAggregates } from "./split-aggregates.ts";
import { addressesOfRules, announceAddresses, checkAddressHeads, withOwnAddress } from "./announce-addresses.ts";
import type { ViewOptimisations } from "../program/view-optimisations.ts";

/** Rewrites a checked program into plain rules: views are expanded, every rule has one location and one trigger. */
export function rewrite(
  checked: CheckedProgram,
  optimisations: ViewOptimisations,
): { core: CoreProgram; diagnostics: readonly Diagnostic[] } {
  const lifted = liftPatterns(checked);
  const expansion = expandViews(lifted, optimisations);
  const diagnostics = [...expansion.diagnostics];
  const { tables } = expansion;
  const arities = new Map(expansion.arities);
  const raised = raiseDeltas(expansion.rules, tables, arities);
  const hidden = new HiddenTables();
  const isBag = (name: string): boolean => {
    const table = tables.get(name);
    return table !== undefined && !isKeyed(arities.get(name) ?? lifted.predicates.get(name)?.arity ?? 0, table);
  };
  const isTable = (name: string): boolean => tables.has(name) || hidden.has(name) || isLocalAddressTable(name);
  const aggregated = [...expansion.rules, ...raised].flatMap((rule) =>
    splitAggregates(readOwnAddress(rule, isTable), isTable, hidden).flatMap((part) =>
      localiseAggregate(part, tables, isTable, hidden),
    ),
  );
  const localised = aggregated.flatMap((rule) => localise(rule, { isTable, hidden, diagnostics }));
  for (const diagnostic of checkAddressHeads(localised)) diagnostics.push(diagnostic);
  const ruled = addressesOfRules(localised);
  const triggered = localised.flatMap((rule) => findTriggers(rule, { tables, isTable, hidden, ruled }));
  const announced = announceAddresses(triggered, checked.program.facts, checked.program.accepts, isTable, hidden);
  for (const diagnostic of announced.diagnostics) diagnostics.push(diagnostic);
  const rules = announced.rules
    .map((rule) => withOwnAddress(rule, ruled))
    .map(liftArguments)
    .flatMap((rule) => memoiseImpure(rule, hidden))
    .flatMap((rule) => projectNegations(rule, isBag, hidden));
  const { overlays, accepts, signatures, watches } = checked.program;
  const core = {
    overlays,
    rules,
    facts: announced.facts,
    accepts,
    signatures,
    watches,
    channels: hidden.channels,
    answers: expansion.answers,
    outcomes: expansion.outcomes,
    calls: expansion.calls,
    contexts: expansion.contexts,
    ...hidden.mergedWith(
      new Map([...tables, ...announced.tables.map((table) => [table.name, table] as const)]),
      arities,
    ),
  };
  return { core, diagnostics };
}
