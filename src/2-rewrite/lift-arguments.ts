/**
 * lift-arguments: what a body literal computes is worked out beside it.
 *
 *   h(Y) :- e(Y + 1), t(Y).   becomes   h(Y) :- e($1), t(Y), $1 := Y + 1.
 *
 * The value is then known before the literal is matched where it can be, and compared with afterwards where not.
 */
import type { Argument, Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import { PERIODIC } from "../1-check/builtin.ts";
import { type CoreRule, variableAt } from "./core.ts";

export function liftArguments(rule: CoreRule): CoreRule {
  const lifted: Literal[] = [];
  const body = rule.body.map((literal) => (literal.kind === "predicate" ? lift(literal, lifted) : literal));
  if (rule.trigger.kind === "view") return { ...rule, body: [...body, ...lifted] };
  const trigger = { ...rule.trigger, literal: lift(rule.trigger.literal, lifted) };
  return { ...rule, trigger, body: [...body, ...lifted] };
}

function lift(literal: PredicateLiteral, lifted: Literal[]): PredicateLiteral {
  // The numbers of a timer are told to the timer, and are no part of its event.
  if (literal.atom.name.text === PERIODIC) return literal;
  const args = literal.atom.args.map((argument): Argument => {
    if (!isComputed(argument)) return argument;
    const { span } = argument;
    const name = `$${lifted.length + 1}`;
    lifted.push({ kind: "assign", target: { kind: "variable", name, span }, value: argument, span });
    return variableAt(name, span);
  });
  return { ...literal, atom: { ...literal.atom, args } };
}

function isComputed(argument: Argument): argument is Expression {
  return !["variable", "wildcard", "constant", "return", "aggregate"].includes(argument.kind);
}
