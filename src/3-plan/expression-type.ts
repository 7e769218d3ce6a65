/**
 * expression-type: computes the kinds of values that an expression can have from the types of its variables. `column-types.ts` uses this
 * to infer the types of columns, `check-values.ts` to report expressions that can never have a value.
 */
import type { Binary, Expression, FunctionCall, Interval, UnaryOperator } from "../../grammar/ast.ts";
import { functionNamed, isBuiltIn } from "../../runtime/plan/library/functions/registry.ts";
import { formsOf, resultKinds } from "../../runtime/plan/library/functions/signatures.ts";
import { ANYTHING, type ColumnType, typeBit } from "../../runtime/plan/values/column-type.ts";
import { type Kind, kindOf, kinds } from "../../runtime/plan/values/value.ts";
import { FRESH_QUERY_FUNCTION, LOCAL_ADDRESS_FUNCTION } from "../2-rewrite/core.ts";
import { isArithmetic } from "../program/operation.ts";

/** Types of the variables of a rule. A variable without an entry is bound by a column whose type is not known yet. */
export type Environment = ReadonlyMap<string, ColumnType>;

/** Marks a type of several kinds that was computed from an operand about which nothing is known: some kinds may never occur. */
export const UNSURE: ColumnType = 1 << kinds.length;

export const ADDRESS: ColumnType = of("string", "address");
export const NUMBER: ColumnType = of("number");

const BOOL = of("bool");
const ID = of("id");
const TRUTH = of("bool", "number");
const NODE = of("string", "id", "address", "list");

function of(...names: readonly Kind[]): ColumnType {
  return names.reduce((bits, kind) => bits | typeBit(kind), 0);
}

/**
 * Returns the kinds of values of an expression; 0 if it can never have a value, undefined if a variable is not known yet. Only expressions
 * of facts, which are refused, still contain aggregates here.
 */
export function typeOf(expression: Expression, environment: Environment): ColumnType | undefined {
  switch (expression.kind) {
    case "variable":
      return environment.get(expression.name);
    case "wildcard":
      return typeBit("null");
    case "constant":
      return typeBit(kindOf(expression.value));
    case "list":
      // In a pattern, the tail may be `_`.
      return expression.tail === undefined || expression.tail.kind === "wildcard"
        ? of("list")
        : restricted(typeOf(expression.tail, environment), of("list"), of("list"));
    case "address":
      return restricted(typeOf(expression.node, environment), NODE, of("address"));
    case "packet":
      return typeBit("tuple");
    case "aggregate":
      return ANYTHING;
    case "interval":
      return intervalType(expression, environment);
    case "call":
      return callType(expression, environment);
    case "unary":
      return unaryType(expression.operator, typeOf(expression.operand, environment));
    case "conditional":
      return union(typeOf(expression.yes, environment), typeOf(expression.no, environment));
    case "binary":
      return binaryType(expression, typeOf(expression.left, environment), typeOf(expression.right, environment));
  }
}

/** Returns `result`, or 0 if an operand of this type cannot be of a kind in `wanted`. */
function restricted(type: ColumnType | undefined, wanted: ColumnType, result: ColumnType): ColumnType {
  return type === undefined || (type & wanted) !== 0 ? result : 0;
}

function unaryType(operator: UnaryOperator, operand: ColumnType | undefined): ColumnType | undefined {
  if (operator === "!") return restricted(operand, TRUTH, BOOL);
  return operand === undefined ? undefined : guessed(operand & (NUMBER | ID), [operand]);
}

function binaryType(
  { operator, isOverlog }: Binary,
  left: ColumnType | undefined,
  right: ColumnType | undefined,
): ColumnType | undefined {
  if (operator === "&&" || operator === "||") return restricted(left, TRUTH, restricted(right, TRUTH, BOOL));
  if (!isArithmetic(operator)) return BOOL;
  if (left === undefined || right === undefined) return undefined;
  const plain = guessed(arithmeticType(operator, left, right), [left, right]);
  return isOverlog === true && operator !== "/" ? plain | overlogType(operator, left, right) : plain;
}

/** Kinds of the results of an operator, by the kinds of its operands (`runtime/plan/library/operators`). */
function arithmeticType(operator: string, left: ColumnType, right: ColumnType): ColumnType {
  const both = left & right;
  if (operator === "<<" || operator === ">>") return (right & NUMBER) === 0 ? 0 : left & (NUMBER | ID);
  const hasId = ((left | right) & ID) !== 0 && (left & (NUMBER | ID)) !== 0 && (right & (NUMBER | ID)) !== 0;
  const joined = operator === "+" ? both & of("string", "list") : 0;
  return (both & NUMBER) | (hasId ? ID : 0) | joined;
}

/**
 * Further kinds of results in OverLog: `+` joins a string with any value except lists and tuples, `+` joins lists, `|` and `&` combine a
 * list with any value, and null stands for the empty list.
 */
function overlogType(operator: string, left: ColumnType, right: ColumnType): ColumnType {
  if (operator === "|" || operator === "&") return ((left | right) & of("list", "null")) === 0 ? 0 : of("list");
  if (operator !== "+") return 0;
  const joins = (kind: ColumnType, other: ColumnType): ColumnType =>
    ((left & kind) !== 0 && (right & other) !== 0) || ((right & kind) !== 0 && (left & other) !== 0) ? kind : 0;
  const areLists = [left, right].every((type) => (type & of("list", "null")) !== 0);
  return joins(of("string"), ANYTHING & ~of("list", "tuple")) | (areLists ? of("list") : 0);
}

function intervalType({ value, low, high, isOverlog }: Interval, environment: Environment): ColumnType {
  const types = [value, low, high].map((part) => typeOf(part, environment) ?? ANYTHING);
  if (isOverlog === true && types.every((type) => (type & (NUMBER | ID)) !== 0)) return BOOL;
  const isPossible = [NUMBER, ID, of("string")].some((kind) => types.every((type) => (type & kind) !== 0));
  return isPossible ? BOOL : 0;
}

function callType(
  { name: { text: name }, args, isOverlog }: FunctionCall,
  environment: Environment,
): ColumnType | undefined {
  if (name === LOCAL_ADDRESS_FUNCTION) return ADDRESS;
  if (name === FRESH_QUERY_FUNCTION) return NUMBER;
  if (name === "f_max" || name === "f_min") return extremeType(args, environment);
  const spec = functionNamed(name, isOverlog);
  const forms = spec?.name === name && isBuiltIn(spec) ? formsOf(name) : undefined;
  if (forms === undefined) return spec?.result || ANYTHING;
  const types = args.map((argument) => typeOf(argument, environment));
  const known = types.filter((type) => type !== undefined);
  // The type of an argument is not known yet. The result is known only if it does not depend on the arguments.
  if (known.length < types.length) return isFixed(spec?.result ?? 0) ? spec?.result : undefined;
  return guessed(resultKinds(forms, known), known);
}

/** The result of `f_max` and `f_min` is one of the arguments, so it has any of their kinds. */
function extremeType(args: readonly Expression[], environment: Environment): ColumnType | undefined {
  return args.map((argument) => typeOf(argument, environment)).reduce(union, 0);
}

function isFixed(result: ColumnType): boolean {
  return result !== 0 && (result & (result - 1)) === 0;
}

/** Marks a type of several kinds as unsure if an operand may be anything. */
function guessed(type: ColumnType, operands: readonly ColumnType[]): ColumnType {
  const bits = type & ANYTHING;
  const isGuess = operands.some((one) => (one & ANYTHING) === ANYTHING || (one & UNSURE) !== 0);
  return isGuess && !isFixed(bits) && bits !== 0 ? bits | UNSURE : bits;
}

function union(one: ColumnType | undefined, other: ColumnType | undefined): ColumnType | undefined {
  return one === undefined || other === undefined ? undefined : one | other;
}
