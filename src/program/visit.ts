import type { Argument, Atom, Expression, Literal, PredicateLiteral, Variable } from "../../grammar/ast.ts";

/** Returns the expression and all expressions in it, outermost first. */
export function parts(expression: Expression): readonly Expression[] {
  const found: Expression[] = [];
  collect(expression, found);
  return found;
}

/** Returns all expressions and the expressions in them. */
export function partsOfAll(expressions: readonly Expression[]): readonly Expression[] {
  const found: Expression[] = [];
  for (const expression of expressions) collect(expression, found);
  return found;
}

/** Whether the expression or an expression in it passes the test. */
export function hasPart(expression: Expression, test: (part: Expression) => boolean): boolean {
  return test(expression) || operandsOf(expression).some((operand) => hasPart(operand, test));
}

function collect(expression: Expression, found: Expression[]): void {
  found.push(expression);
  for (const child of operandsOf(expression)) collect(child, found);
}

const NO_OPERANDS: readonly Expression[] = [];
const NO_VARIABLES: readonly Variable[] = [];

/** Returns the expressions directly in an expression. */
export function operandsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "variable":
    case "wildcard":
    case "constant":
      return NO_OPERANDS;
    case "list":
      return expression.tail === undefined ? expression.items : [...expression.items, expression.tail];
    case "unary":
      return [expression.operand];
    case "binary":
      return [expression.left, expression.right];
    case "conditional":
      return [expression.test, expression.yes, expression.no];
    case "call":
    case "packet":
      return expression.args;
    case "aggregate":
      return expression.operand === undefined ? NO_OPERANDS : [expression.operand];
    case "interval":
      return [expression.value, expression.low, expression.high];
    case "address":
      return [expression.node, ...expression.options];
  }
}

export function variablesIn(expression: Expression): readonly Variable[] {
  if (expression.kind === "variable") return [expression];
  if (expression.kind === "constant" || expression.kind === "wildcard") return NO_VARIABLES;
  return parts(expression).filter((part) => part.kind === "variable");
}

/** Returns the expressions of an argument: none for a return, the operand for an aggregate. */
export function expressionsOf(argument: Argument): readonly Expression[] {
  if (argument.kind === "return") return [];
  if (argument.kind === "aggregate") return argument.operand === undefined ? [] : [argument.operand];
  return [argument];
}

/** Returns the expressions of an atom, the location first. The compiler calls this function most often, so it fills one list in a loop. */
export function expressionsOfAtom({ location, args }: Atom): Expression[] {
  const expressions: Expression[] = location === undefined ? [] : [location];
  for (const argument of args) {
    if (argument.kind === "return") continue;
    if (argument.kind !== "aggregate") expressions.push(argument);
    else if (argument.operand !== undefined) expressions.push(argument.operand);
  }
  return expressions;
}

function expressionsOfCall({ atom, timeout, outcome }: PredicateLiteral): readonly Expression[] {
  const expressions = expressionsOfAtom(atom);
  if (timeout !== undefined) expressions.push(timeout);
  if (outcome !== undefined) expressions.push(outcome);
  return expressions;
}

export function expressionsOfLiteral(literal: Literal): readonly Expression[] {
  switch (literal.kind) {
    case "predicate":
      return expressionsOfCall(literal);
    case "condition":
      return [literal.test];
    case "assign":
      return [literal.target, literal.value];
    case "member":
      return [literal.pattern, literal.list];
  }
}
