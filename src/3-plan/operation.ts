import type { BinaryOperator } from "../../grammar/ast.ts";
import * as operators from "../../runtime/plan/operators.ts";
import { compare, equal, type Value } from "../../runtime/plan/value.ts";

/** Operations of two values. */
type OperatorName =
  | "add"
  | "subtract"
  | "multiply"
  | "divide"
  | "modulo"
  | "shiftLeft"
  | "shiftRight"
  | "bitAnd"
  | "bitOr"
  | "bitXor";

/** The operation of `lib` that emitted code calls for an operator of the language. */
export const operationNames: Readonly<Record<ArithmeticOperator, OperatorName>> = {
  "+": "add",
  "-": "subtract",
  "*": "multiply",
  "/": "divide",
  "%": "modulo",
  "<<": "shiftLeft",
  ">>": "shiftRight",
  "&": "bitAnd",
  "|": "bitOr",
  "^": "bitXor",
};

export type ArithmeticOperator = Extract<BinaryOperator, "+" | "-" | "*" | "/" | "%" | "<<" | ">>" | "&" | "|" | "^">;

export function isArithmetic(operator: BinaryOperator): operator is ArithmeticOperator {
  return operator in operationNames;
}

/** Applies an operator while compiling; undefined when it fails, or when it is one that constants do not need. */
export function binaryOperation(
  operator: BinaryOperator,
  left: Value | undefined,
  right: Value | undefined,
): Value | undefined {
  if (left === undefined || right === undefined) return undefined;
  if (isArithmetic(operator)) return operators[operationNames[operator]](left, right);
  switch (operator) {
    case "==":
      return equal(left, right);
    case "!=":
      return !equal(left, right);
    case "<":
      return compare(left, right) < 0;
    case "<=":
      return compare(left, right) <= 0;
    case ">":
      return compare(left, right) > 0;
    case ">=":
      return compare(left, right) >= 0;
    default:
      return undefined;
  }
}
