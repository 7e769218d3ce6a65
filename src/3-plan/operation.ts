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

type Operation = (left: Value | undefined, right: Value | undefined) => Value | undefined;

/** What arithmetic operators compute. Emitted code calls the functions by these names. */
const operations: Readonly<Record<ArithmeticOperator, Operation>> = {
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

/** The name by which emitted code calls the operation. */
export function operationName(operator: ArithmeticOperator): string {
  return operations[operator].name;
}

/** Applies an operator while compiling; undefined when it fails, or when it is one that constants do not need. */
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
