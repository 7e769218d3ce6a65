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
import {
  overlogAdd,
  overlogAnd,
  overlogDivide,
  overlogOr,
} from "../../runtime/plan/library/operators/overlog-operators.ts";
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

/** Operators whose results in OverLog differ from those in Mozlog. */
const overlogOperations: Readonly<Partial<Record<ArithmeticOperator, BinaryFunction>>> = {
  "+": overlogAdd,
  "/": overlogDivide,
  "&": overlogAnd,
  "|": overlogOr,
};

export type ArithmeticOperator = Extract<BinaryOperator, "+" | "-" | "*" | "/" | "%" | "<<" | ">>" | "&" | "|" | "^">;

export function isArithmetic(operator: BinaryOperator): operator is ArithmeticOperator {
  return operator in operations;
}

/** Name of the operator's function in emitted code. */
export function operationName(operator: ArithmeticOperator, isOverlog = false): string {
  return operation(operator, isOverlog).name;
}

function operation(operator: ArithmeticOperator, isOverlog: boolean): BinaryFunction {
  return (isOverlog ? overlogOperations[operator] : undefined) ?? operations[operator];
}

/** Evaluates an operator at compile time; undefined if there is no result or constants do not support the operator. */
export function binaryOperation(
  operator: BinaryOperator,
  left: Value | undefined,
  right: Value | undefined,
  isOverlog = false,
): Value | undefined {
  if (left === undefined || right === undefined) return undefined;
  if (isArithmetic(operator)) return operation(operator, isOverlog)(left, right);
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
