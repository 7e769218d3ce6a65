import type { Aggregate, Argument, Atom, Expression, Literal, PredicateLiteral, Variable } from "../../grammar/ast.ts";
import { hasPart, operandsOf } from "./visit.ts";

export function isPredicate(literal: Literal): literal is PredicateLiteral {
  return literal.kind === "predicate";
}

/** Whether an argument returns a value (`&X`), which only calls of views do. */
export function isCallShaped({ atom }: PredicateLiteral): boolean {
  return atom.args.some((argument) => argument.kind === "return");
}

/** Whether the head has an aggregate, alone in an argument or within an expression. */
export function hasAggregate(head: Atom): boolean {
  return head.args.some((argument) => isAggregate(argument) || combinesAggregates(argument));
}

export function isAggregate(argument: Argument): argument is Aggregate {
  return argument.kind === "aggregate";
}

/** Whether the argument is an expression over aggregates, such as `f_take(set<X>, 3)`. */
export function combinesAggregates(argument: Argument): argument is Expression {
  return argument.kind !== "return" && !isAggregate(argument) && hasPart(argument, isAggregate);
}

/** Returns the variables of an expression outside of the operands of aggregates. */
export function variablesOutsideAggregates(expression: Expression): readonly Variable[] {
  if (expression.kind === "variable") return [expression];
  return isAggregate(expression) ? [] : operandsOf(expression).flatMap(variablesOutsideAggregates);
}
