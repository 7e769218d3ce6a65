import type { Literal } from "../../grammar/ast.ts";
import { isPredicate } from "../program/rule-shape.ts";
import { variableAt } from "./core.ts";

/** Replaces every `_` of positive atoms by a fresh variable, so that different combinations of rows stay distinct. */
export function nameWildcards(body: readonly Literal[]): readonly Literal[] {
  let count = 0;
  return body.map((literal): Literal => {
    if (!isPredicate(literal) || literal.negated) return literal;
    const args = literal.atom.args.map((argument) =>
      argument.kind === "wildcard" ? variableAt(`$Any${++count}`, argument.span) : argument,
    );
    return { ...literal, atom: { ...literal.atom, args } };
  });
}
