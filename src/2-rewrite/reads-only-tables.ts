import { isPredicate } from "../program/rule-shape.ts";
import type { ExpandedRule } from "./expanded-rule.ts";

/** Whether the positive predicates in the body of the rule are all tables, so that no event triggers it. */
export function readsOnlyTables(
  { body, trigger, suspends }: Pick<ExpandedRule, "body" | "trigger" | "suspends">,
  isTable: (name: string) => boolean,
): boolean {
  if (suspends || trigger !== undefined) return false;
  return body.every((literal) => !isPredicate(literal) || literal.negated || isTable(literal.atom.name.text));
}
