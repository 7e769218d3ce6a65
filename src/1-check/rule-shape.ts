import type { Atom, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import type { Program, ProgramRule } from "../program.ts";
import { builtinNamed } from "./builtin.ts";
import type { Predicates } from "./predicates.ts";

/** What a body literal that names a predicate stands for. */
export type Role = "event" | "table" | "call" | "failure";

export interface Roles {
  of(literal: PredicateLiteral): Role;
  isTable(name: string): boolean;
}

export function rolesIn(program: Program, predicates: Predicates): Roles {
  const isTable = (name: string): boolean => predicates.get(name)?.isTable === true;
  const isNowhere = (name: string): boolean => builtinNamed(name) === undefined && !predicates.has(name);
  return {
    isTable,
    of(literal: PredicateLiteral): Role {
      if (literal.isFailure) return "failure";
      const name = literal.atom.name.text;
      if (program.views.has(name) || (isCallShaped(literal) && isNowhere(name))) return "call";
      return builtinNamed(name) === undefined && isTable(name) ? "table" : "event";
    },
  };
}

export function isPredicate(literal: Literal): literal is PredicateLiteral {
  return literal.kind === "predicate";
}

/** Only what is called returns something. */
export function isCallShaped({ atom }: PredicateLiteral): boolean {
  return atom.args.some((argument) => argument.kind === "return");
}

/** The literals that can make the rule fire by themselves: events, and failures of calls. */
export function eventLiterals(rule: ProgramRule, roles: Roles): readonly PredicateLiteral[] {
  return rule.body.filter(isPredicate).filter((literal) => {
    const role = roles.of(literal);
    return !literal.negated && (role === "event" || role === "failure");
  });
}

export function hasAggregate(atom: Atom): boolean {
  return atom.args.some((argument) => argument.kind === "aggregate");
}
