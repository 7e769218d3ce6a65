import type { Expression } from "../../grammar/ast.ts";
import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";
import { isImpure } from "../program/impure.ts";
import { parts, variablesIn } from "../program/visit.ts";
import type { ElementMatch, Match, Operator, Strand } from "./strand.ts";

/**
 * The tables that the strand reads when it is given an event, if it is blind: if what it does depends on nothing else. It hands
 * packets on without a look at them, and calls no function that asks the clock, or who sent it, or draws lots.
 */
export function cacheableReads(strand: Strand, predicates: readonly PredicateSpec[]): readonly number[] | undefined {
  const { trigger, match, operators, action } = strand;
  const event = predicates[trigger.predicate];
  if (trigger.kind !== "event" || action.kind !== "tuple" || event === undefined) return undefined;
  const packets = match.filter(({ column }) => mayHoldPacket(event, column));
  const names = new Set(packets.map((one) => (one.kind === "bind" ? one.variable : undefined)));
  const { predicate, location } = action.head;
  const computed = action.args.filter((arg, column) => arg.kind !== "variable" || !mayHoldPacket(predicate, column));
  const places = location === undefined ? [] : [location];
  const looks = [...testsOf(match), ...operators.flatMap(inspectedExpressions), ...computed, ...places];
  const sees = names.has(undefined) || looks.some((look) => variablesIn(look).some(({ name }) => names.has(name)));
  if (sees || looks.some((look) => parts(look).some(isImpure))) return undefined;
  return [...new Set(operators.flatMap((operator) => ("table" in operator ? [operator.table.id] : [])))];
}

/** Of `tun`, and of what overlays send and receive, it is known; of events of the program's own it is not. */
function mayHoldPacket({ role }: PredicateSpec, column: number): boolean {
  switch (role.kind) {
    case "tun":
    case "recv":
      return column === 0;
    case "send":
      return column === 1;
    default:
      return true;
  }
}

function inspectedExpressions(operator: Operator): readonly Expression[] {
  switch (operator.kind) {
    case "get":
    case "join":
    case "absent":
      return [...operator.key, ...testsOf(operator.match)];
    case "select":
      return [operator.test];
    case "assign":
      return [operator.value];
    case "unnest":
      return [operator.list, ...testsOfElement(operator.match)];
  }
}

function testsOf(match: readonly Match[]): readonly Expression[] {
  return match.flatMap((one) => (one.kind === "test" ? [one.value] : []));
}

function testsOfElement(match: ElementMatch): readonly Expression[] {
  if (match.kind === "items") return testsOf(match.match);
  return match.kind === "equal" ? [match.value] : [];
}
