import type { PredicateSpec } from "../values/predicate-spec.ts";
import type { Plan } from "./plan.ts";

/** Returns the first rule over tables that defines a derived table: "rule `a` (a.mzl:1)". Undefined if none does. */
export function definingRule({ id }: PredicateSpec, { derivedRules, strands }: Plan): string | undefined {
  const origin = derivedRules
    .filter(({ predicate }) => predicate === id)
    .flatMap((one) => one.strands)
    .map((strand) => strands[strand]?.origin)
    .find((one) => one !== undefined);
  return origin && `rule \`${origin.rule}\` (${origin.file}:${origin.line})`;
}
