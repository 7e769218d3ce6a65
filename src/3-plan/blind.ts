import type { Expression } from "../../grammar/ast.ts";
import type { PredicateSpec } from "../../runtime/plan/plan.ts";
import { isImpure } from "../1-check/impure.ts";
import { parts, variablesIn } from "../1-check/visit.ts";
import type { ElementMatch, Match, Operator, Strand } from "./strand.ts";

/**
 * Whether the strand, given an event, does the same whatever packet the event brings, and each time while the tables are the
 * same: it hands packets on, and calls no function that looks at the clock, asks who sent it, or draws lots.
 */
export function isBlind(strand: Strand, predicates: readonly PredicateSpec[]): boolean {
  const { trigger, match, action } = strand;
  const event = predicates[trigger.predicate];
  if (trigger.kind !== "event" || action.kind !== "tuple" || event === undefined) return false;
  if (match.some(({ kind, column }) => kind === "test" && mayHoldPacket(event, column))) return false;
  const packets = new Set(
    match.flatMap((one) => (one.kind === "bind" && mayHoldPacket(event, one.column) ? [one.variable] : [])),
  );
  const { predicate, location } = action.head;
  const computed = action.args.filter((arg, column) => arg.kind !== "variable" || !mayHoldPacket(predicate, column));
  const places = location === undefined ? [] : [location];
  const looks = [...testsOf(match), ...strand.operators.flatMap(looksOf), ...computed, ...places];
  return looks.every((look) => !parts(look).some(isImpure) && !variablesIn(look).some(({ name }) => packets.has(name)));
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

function looksOf(operator: Operator): readonly Expression[] {
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
