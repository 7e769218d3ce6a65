import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";
import { isImpure } from "../program/impure.ts";
import { parts, variablesIn } from "../program/visit.ts";
import { inspectedExpressions, testsOf } from "./operator-expressions.ts";
import type { Strand } from "./strand.ts";

/**
 * Returns the numbers of the tables that a cacheable strand reads, and undefined for all other strands. A cacheable strand is triggered by
 * an event, forwards packets without inspecting them, and calls no impure function (clock, source, random values). The flow cache of the
 * runtime may repeat its result for other packets of the flow until one of the tables changes.
 */
export function cacheableReads(strand: Strand, predicates: readonly PredicateSpec[]): readonly number[] | undefined {
  const { trigger, match, operators, action } = strand;
  const event = predicates[trigger.predicate];
  if (trigger.kind !== "event" || action.kind !== "tuple" || event === undefined) return undefined;
  const packets = match.filter(({ column }) => mayHoldPacket(event, column));
  const names = new Set(packets.map((one) => (one.kind === "bind" ? one.variable : undefined)));
  const { predicate, location } = action.head;
  const computed = action.args.filter((arg, column) => arg.kind !== "variable" || !mayHoldPacket(predicate, column));
  const target = location === undefined ? [] : [location];
  const inspected = [...testsOf(match), ...operators.flatMap(inspectedExpressions), ...computed, ...target];
  const readsPacket =
    names.has(undefined) || inspected.some((one) => variablesIn(one).some(({ name }) => names.has(name)));
  if (readsPacket || inspected.some((one) => parts(one).some(isImpure))) return undefined;
  return [...new Set(operators.flatMap((operator) => ("table" in operator ? [operator.table.id] : [])))];
}

/** Whether the column may hold a packet. The column is fixed for `tun`, `send` and `recv`; in other events it can be any column. */
function mayHoldPacket({ role, arity }: PredicateSpec, column: number): boolean {
  switch (role.kind) {
    case "tun":
    case "recv":
      return column === 0;
    case "send":
      return column === arity - 1;
    default:
      return true;
  }
}
