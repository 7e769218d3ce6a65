import type { Atom, Literal, PredicateLiteral } from "../../grammar/ast.ts";

export function isPredicate(literal: Literal): literal is PredicateLiteral {
  return literal.kind === "predicate";
}

/** Whether an argument returns a value (`&X`), which only calls of views do. */
export function isCallShaped({ atom }: PredicateLiteral): boolean {
  return atom.args.some((argument) => argument.kind === "return");
}

export function hasAggregate(atom: Atom): boolean {
  return atom.args.some((argument) => argument.kind === "aggregate");
}
