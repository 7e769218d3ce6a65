/**
 * project-negations: a negated table is projected to the columns that the rule uses.
 *
 *   h(X) :- t(X), !q(X, _).    becomes   h(X) :- t(X), !r?not(X).
 *                                        r?not(X) :- q(X, _).
 *
 * Each combination of the other rows then depends on exactly one row of the projection, so that derivation counts maintain the rule.
 */
import type { Argument, Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import { expressionsOfLiteral, variablesIn } from "../program/visit.ts";
import { atomAt, constantAt, type CoreRule, literalAt } from "./core.ts";
import type { HiddenTables } from "./hidden-tables.ts";

export function projectNegations(
  rule: CoreRule,
  isBag: (table: string) => boolean,
  hidden: HiddenTables,
): readonly CoreRule[] {
  if (rule.trigger.kind !== "maintained") return [rule];
  const projections: CoreRule[] = [];
  const body = rule.body.map((literal): Literal => {
    if (literal.kind !== "predicate" || !literal.negated) return literal;
    const known = knownArguments(literal, rule.body);
    if (known.length === literal.atom.args.length && !isBag(literal.atom.name.text)) return literal;
    const args = known.length === 0 ? [constantAt(1, literal.span)] : known;
    const head = atomAt(hidden.add(`${rule.name}?not`, args.length, literal.span), args, literal.span);
    projections.push({ ...rule, isDelete: false, memoised: undefined, head, body: [{ ...literal, negated: false }] });
    return { ...literalAt(head), negated: true };
  });
  return [...projections, { ...rule, body }];
}

/** Returns the arguments of the negation whose variables the other literals bind. */
function knownArguments(negation: PredicateLiteral, body: readonly Literal[]): readonly Expression[] {
  const others = body.filter((literal) => literal !== negation).flatMap(expressionsOfLiteral);
  const names = new Set(others.flatMap((expression) => variablesIn(expression).map((variable) => variable.name)));
  return negation.atom.args.filter((argument): argument is Expression => isKnown(argument, names));
}

function isKnown(argument: Argument, names: ReadonlySet<string>): boolean {
  return argument.kind === "constant" || (argument.kind === "variable" && names.has(argument.name));
}
