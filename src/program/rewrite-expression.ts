import type { Argument, Atom, Expression, Literal } from "../../grammar/ast.ts";

/** Rewrites one expression, whose operands are already rewritten. */
export type ExpressionChange = (expression: Expression) => Expression;

/** Applies `change` to the expression and all expressions in it, innermost first. */
export function rewriteExpression(expression: Expression, change: ExpressionChange): Expression {
  return change(withChildren(expression, (child) => rewriteExpression(child, change)));
}

function withChildren(expression: Expression, rewrite: ExpressionChange): Expression {
  switch (expression.kind) {
    case "variable":
    case "wildcard":
    case "constant":
      return expression;
    case "list":
      return {
        ...expression,
        items: expression.items.map(rewrite),
        tail: expression.tail && rewrite(expression.tail),
      };
    case "unary":
      return { ...expression, operand: rewrite(expression.operand) };
    case "binary":
      return { ...expression, left: rewrite(expression.left), right: rewrite(expression.right) };
    case "conditional":
      return {
        ...expression,
        test: rewrite(expression.test),
        yes: rewrite(expression.yes),
        no: rewrite(expression.no),
      };
    case "call":
    case "packet":
      return { ...expression, args: expression.args.map(rewrite) };
    case "aggregate":
      return expression.operand === undefined ? expression : { ...expression, operand: rewrite(expression.operand) };
    case "interval":
      return {
        ...expression,
        value: rewrite(expression.value),
        low: rewrite(expression.low),
        high: rewrite(expression.high),
      };
    case "address":
      return { ...expression, node: rewrite(expression.node), options: expression.options.map(rewrite) };
  }
}

function rewriteArgument(argument: Argument, change: ExpressionChange): Argument {
  if (argument.kind === "return") return argument;
  if (argument.kind !== "aggregate") return rewriteExpression(argument, change);
  if (argument.operand === undefined) return argument;
  return { ...argument, operand: rewriteExpression(argument.operand, change) };
}

export function rewriteAtom(atom: Atom, change: ExpressionChange): Atom {
  return {
    ...atom,
    location: atom.location === undefined ? undefined : rewriteExpression(atom.location, change),
    args: atom.args.map((argument) => rewriteArgument(argument, change)),
  };
}

export function rewriteLiteral(literal: Literal, change: ExpressionChange): Literal {
  switch (literal.kind) {
    case "predicate":
      return {
        ...literal,
        atom: rewriteAtom(literal.atom, change),
        outcome: literal.outcome === undefined ? undefined : rewriteExpression(literal.outcome, change),
      };
    case "condition":
      return { ...literal, test: rewriteExpression(literal.test, change) };
    case "assign":
      return { ...literal, value: rewriteExpression(literal.value, change) };
    case "member":
      return {
        ...literal,
        pattern: rewriteExpression(literal.pattern, change),
        list: rewriteExpression(literal.list, change),
      };
  }
}
