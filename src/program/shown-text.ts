import type { Expression, Literal, Variable } from "../../grammar/ast.ts";
import { printExpression, printLiteral } from "../../grammar/print.ts";
import { rewriteExpression, rewriteLiteral } from "./rewrite-expression.ts";

/** Prints an expression with the names of variables in the source text: `N` for `N$2`, the variable of a later value of OverLog's N. */
export function shownText(expression: Expression): string {
  return printExpression(rewriteExpression(expression, inText));
}

export function shownLiteral(literal: Literal): string {
  const shown = rewriteLiteral(literal, inText);
  return printLiteral(shown.kind === "assign" ? { ...shown, target: variableInText(shown.target) } : shown);
}

function inText(part: Expression): Expression {
  return part.kind === "variable" ? variableInText(part) : part;
}

function variableInText(variable: Variable): Variable {
  return { ...variable, name: variable.name.replace(/(.)\$\d+$/, "$1") };
}
