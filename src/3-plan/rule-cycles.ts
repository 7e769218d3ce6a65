/**
 * rule-cycles: finds the rules that may trigger each other without end, so that a node can limit the memory of their results. A cycle of
 * rules may be endless if one of the rules computes values, as in `p(N + 1) :- p(N)`, or sends tuples, which start further steps.
 */
import type { Expression } from "../../grammar/ast.ts";
import type { CycleRole, OverlaySpec } from "../../runtime/plan/contract/plan.ts";
import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";
import { stronglyConnectedComponents } from "../2-rewrite/strongly-connected-components.ts";
import { isComputed } from "./computes-values.ts";
import { partsOfAction } from "./operator-expressions.ts";
import type { ElementMatch, Match, Operator, Strand, StrandAction } from "./strand.ts";

/** Parts of a plan through which the result of one rule can trigger another rule. */
interface Surroundings {
  readonly predicates: readonly PredicateSpec[];
  readonly derivedRules: readonly { readonly predicate: number }[];
  readonly overlays: readonly OverlaySpec[];
}

/** Returns the role of each strand in cycles that may be endless. */
export function cycleRoles(strands: readonly Strand[], surroundings: Surroundings): readonly CycleRole[] {
  const headOf = (strand: Strand): number => headPredicate(strand.action, surroundings);
  const reads = triggersByHead(strands, headOf, surroundings);
  const components = stronglyConnectedComponents(reads.keys(), (name) => reads.get(name) ?? []);
  const numbers = new Map(components.flatMap((names, number) => names.map((name) => [name, number] as const)));
  const numberOf = (predicate: number): number => numbers.get(String(predicate)) ?? -1;
  const isWithin = (strand: Strand): boolean => {
    const number = numberOf(headOf(strand));
    return number >= 0 && number === numberOf(strand.trigger.predicate);
  };
  const within = strands.filter(isWithin);
  const reacting = new Set(within.filter(isReaction).map((strand) => numberOf(headOf(strand))));
  const endless = new Set(
    within
      .filter(mayRepeat)
      .map((strand) => numberOf(headOf(strand)))
      .filter((one) => reacting.has(one)),
  );
  // Each component comes after the components that trigger it, so one pass finds all strands that an endless cycle triggers.
  const fed = new Set<number>();
  for (const [number, names] of components.entries()) {
    const sources = names.flatMap((name) => reads.get(name) ?? []).map((name) => numbers.get(name) ?? -1);
    if (endless.has(number) || sources.some((source) => fed.has(source))) fed.add(number);
  }
  return strands.map((strand) => {
    if (!endless.has(numberOf(headOf(strand)))) return "none";
    if (isWithin(strand)) return "within";
    return fed.has(numberOf(strand.trigger.predicate)) ? "none" : "enters";
  });
}

function headPredicate(action: StrandAction, { derivedRules }: Surroundings): number {
  if (action.kind !== "contribute") return action.head.predicate.id;
  return derivedRules[action.derivedRule]?.predicate ?? -1;
}

function isReaction({ action }: Strand): boolean {
  return action.kind !== "contribute";
}

/** For each predicate, the predicates that trigger its derivation, by number. Overlays and packets may carry any tuple that is sent. */
function triggersByHead(
  strands: readonly Strand[],
  headOf: (strand: Strand) => number,
  { predicates, overlays }: Surroundings,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<number, Set<number>>(predicates.map(({ id }) => [id, new Set<number>()]));
  const add = (head: number, trigger: number): void => void found.get(head)?.add(trigger);
  for (const strand of strands) add(headOf(strand), strand.trigger.predicate);
  const sent = strands.filter(({ action }) => isSent(action)).map(headOf);
  const triggers = new Set(strands.map(({ trigger }) => trigger.predicate));
  const carriers = predicates.filter(({ role }) => role.kind === "packet").map(({ id }) => id);
  for (const { send, recv } of overlays) {
    if (send !== undefined) for (const one of sent) add(send, one);
    if (recv !== undefined) carriers.push(recv);
  }
  for (const carrier of carriers) for (const one of triggers) add(one, carrier);
  return new Map([...found].map(([head, triggers]) => [String(head), [...triggers].map(String)]));
}

function isSent(action: StrandAction): boolean {
  return action.kind !== "contribute" && action.head.location !== undefined;
}

function mayRepeat({ operators, action }: Strand): boolean {
  if (isSent(action)) return true;
  const columns = action.kind === "tuple" ? [] : action.columns;
  if (columns.some((column) => column.kind === "aggregate" && !["min", "max"].includes(column.function))) return true;
  const { args, others } = partsOfAction(action);
  return isComputed([...args, ...others], (name) => operators.flatMap((operator) => sourcesOf(name, operator)));
}

/** Returns the expressions from which the operator computes the value of the variable. */
function sourcesOf(variable: string, operator: Operator): readonly Expression[] {
  if (operator.kind === "assign") return operator.variable === variable ? [operator.value] : [];
  return operator.kind === "unnest" && bindsElement(variable, operator.match) ? [operator.list] : [];
}

function bindsElement(variable: string, match: ElementMatch): boolean {
  if (match.kind === "variable") return match.variable === variable;
  return "match" in match && match.match.some((one: Match) => one.kind === "bind" && one.variable === variable);
}
