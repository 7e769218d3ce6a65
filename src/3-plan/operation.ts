import type { BinaryOperator } from "../../grammar/ast.ts";
import {
  add,
  bitAnd,
  bitOr,
  bitXor,
  divide,
  modulo,
  multiply,
  shiftLeft,
  shiftRight,
  subtract,
} from "../../runtime/plan/library/operators/operators.ts";
import { compare, equal, type Value } from "../../runtime/plan/values/value.ts";

type BinaryFunction = (left: Value | undefined, right: Value | undefined) => Value | undefined;

/** Functions of the arithmetic operators. Emitted code calls them by the same names. */
const operations: Readonly<Record<ArithmeticOperator, BinaryFunction>> = {
  "+": add,
  "-": subtract,
  "*": multiply,
  "/": divide,
  "%": modulo,
  "<<": shiftLeft,
  ">>": shiftRight,
  "&": bitAnd,
  "|": bitOr,
  "^": bitXor,
};

export type ArithmeticOperator = Extract<BinaryOperator, "+" | "-" | "*" | "/" | "%" | "<<" | ">>" | "&" | "|" | "^">;

export function isArithmetic(operator: BinaryOperator): operator is ArithmeticOperator {
  return operator in operations;
}

/** Name of the operator's function in emitted code. */
export function operationName(operator: ArithmeticOperator): string {
  return operations[operator].name;
}

/** Evaluates an operator at compile time; undefined if it fails or is not supported in constants. */
export function binaryOperation(
  operator: BinaryOperator,
  left: Value | undefined,
  right: Value | undefined,
): Value | undefined {
  if (left === undefined || right === undefined) return undefined;
  if (isArithmetic(operator)) return operations[operator](left, right);
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
