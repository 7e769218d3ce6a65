import type { PredicateLiteral } from "../../grammar/ast.ts";
import { builtinNamed } from "./builtin.ts";
import type { Predicates } from "./predicates.ts";
import type { Program, ProgramRule } from "./program.ts";
import { isCallShaped, isPredicate } from "./rule-shape.ts";

/** Meaning of a body literal that names a predicate. */
export type Role = "event" | "table" | "call" | "failure";

export interface Roles {
  of(literal: PredicateLiteral): Role;
  isTable(name: string): boolean;
}

export function rolesIn(program: Program, predicates: Predicates): Roles {
  const isTable = (name: string): boolean => predicates.get(name)?.isTable === true;
  const isUndefined = (name: string): boolean => builtinNamed(name) === undefined && !predicates.has(name);
  return {
    isTable,
    of(literal: PredicateLiteral): Role {
      if (literal.isFailure) return "failure";
      const name = literal.atom.name.text;
      if (program.views.has(name) || (isCallShaped(literal) && isUndefined(name))) return "call";
      return builtinNamed(name) === undefined && isTable(name) ? "table" : "event";
    },
  };
}

/** The literals that can trigger the rule: events and failures of calls. */
export function eventLiterals(rule: ProgramRule, roles: Roles): readonly PredicateLiteral[] {
  return rule.body.filter(isPredicate).filter((literal) => {
    const role = roles.of(literal);
    return !literal.negated && (role === "event" || role === "failure");
  });
}
