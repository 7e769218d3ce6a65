import type { Binary, Expression } from "../../grammar/ast.ts";

/** Evaluates a constant numeric expression, as in declarations and limits; undefined for any other expression. */
export function constantNumber(expression: Expression): number | undefined {
  switch (expression.kind) {
    case "constant":
      return typeof expression.value === "number" ? expression.value : undefined;
    case "unary":
      return negated(expression.operator, constantNumber(expression.operand));
    case "binary":
      return combined(expression, constantNumber(expression.left), constantNumber(expression.right));
    default:
      return undefined;
  }
}

function negated(operator: string, value: number | undefined): number | undefined {
  return operator === "-" && value !== undefined ? -value : undefined;
}

function combined(
  { operator, isOverlog }: Binary,
  left: number | undefined,
  right: number | undefined,
): number | undefined {
  if (left === undefined || right === undefined) return undefined;
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return quotient(left, right, isOverlog === true && Number.isInteger(left) && Number.isInteger(right));
    case "%":
      return right === 0 ? undefined : (left % right) + 0;
    default:
      return undefined;
  }
}

function quotient(left: number, right: number, isWhole: boolean): number | undefined {
  if (right === 0) return undefined;
  return isWhole ? Math.trunc(left / right) + 0 : left / right;
}

/** Evaluates an argument of a timer: a number of seconds or of events. Undefined unless it is constant, finite and not negative. */
export function timerNumber(expression: Expression): number | undefined {
  const value = constantNumber(expression);
  return value !== undefined && value >= 0 && value < Infinity ? value : undefined;
}
