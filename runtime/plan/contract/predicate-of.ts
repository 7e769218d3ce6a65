import type { PredicateSpec } from "../values/predicate-spec.ts";
import type { Plan } from "./plan.ts";

/** Returns the predicate of a program with this name and number of columns; undefined if it has none. */
export function predicateOf({ predicates }: Plan, name: string, arity: number): PredicateSpec | undefined {
  return predicates.find((spec) => spec.name === name && spec.arity === arity);
}
