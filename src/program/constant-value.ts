import type {
  AddressExpression,
  Binary,
  Expression,
  FunctionCall,
  Interval,
  UnaryOperator,
} from "../../grammar/ast.ts";
import { functionNamed } from "../../runtime/plan/library/functions/registry.ts";
import type { Ambient } from "../../runtime/plan/contract/function-spec.ts";
import {
  complement,
  inInterval,
  isTrue,
  joinedList,
  makeAddress,
  negate,
  not,
} from "../../runtime/plan/library/operators/operators.ts";
import { inRing } from "../../runtime/plan/library/operators/overlog-operators.ts";
import { withCanonicalAddress } from "../../runtime/plan/values/canonical-address.ts";
import { RESERVED_OVERLAYS } from "../../runtime/plan/values/location.ts";
import { Packet } from "../../runtime/plan/values/packet.ts";
import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";
import type { Value } from "../../runtime/plan/values/value.ts";
import { secretName } from "./secret-name.ts";
import { operandsOf } from "./visit.ts";
import { binaryOperation } from "./operation.ts";

/** Returns the predicate of a packet by its qualified name and number of arguments. */
export type PredicateOf = (name: string, arity: number) => PredicateSpec | undefined;

/** Evaluates an expression without variables; undefined if it has variables or a packet of an unknown predicate, or has no value. */
export function constantValue(expression: Expression, predicateOf: PredicateOf = () => undefined): Value | undefined {
  const valueOf = (part: Expression): Value | undefined => constantValue(part, predicateOf);
  const valuesOf = (parts: readonly Expression[]): readonly Value[] | undefined => {
    const values = parts.map(valueOf);
    return values.every((value) => value !== undefined) ? values : undefined;
  };
  switch (expression.kind) {
    case "constant":
      return withCanonicalAddress(expression.value);
    case "list":
      return listValue(valuesOf(expression.items), expression.tail && [valueOf(expression.tail)]);
    case "unary":
      return unaryOperations[expression.operator](valueOf(expression.operand));
    case "binary":
      return binaryValue(expression, valueOf);
    case "conditional": {
      const test = isTrue(valueOf(expression.test));
      return test === undefined ? undefined : valueOf(test ? expression.yes : expression.no);
    }
    case "interval":
      return intervalValue(expression, valuesOf([expression.value, expression.low, expression.high]));
    case "address":
      return addressValue(expression, valueOf(expression.node), valuesOf(expression.options));
    case "call":
      return callValue(expression, valuesOf(expression.args));
    case "packet":
      return packetValue(predicateOf(expression.name.text, expression.args.length), valuesOf(expression.args));
    default:
      return undefined;
  }
}

/** `tail` holds the value of the tail of the list; undefined if the list has no tail. */
function listValue(
  items: readonly Value[] | undefined,
  tail: readonly [Value | undefined] | undefined,
): Value | undefined {
  return items === undefined || tail === undefined ? items : joinedList(items, tail[0]);
}

const unaryOperations: Readonly<Record<UnaryOperator, (operand: Value | undefined) => Value | undefined>> = {
  "-": negate,
  "!": not,
  "~": complement,
};

/** The right operand of `&&` and `||` is evaluated only if the left operand does not decide the result. */
function binaryValue(
  { operator, left, right, isOverlog }: Binary,
  valueOf: (part: Expression) => Value | undefined,
): Value | undefined {
  if (operator !== "&&" && operator !== "||") {
    return binaryOperation(operator, valueOf(left), valueOf(right), isOverlog);
  }
  const first = isTrue(valueOf(left));
  return first === (operator === "&&") ? isTrue(valueOf(right)) : first;
}

function intervalValue(
  { includesLow, includesHigh, isOverlog }: Interval,
  ends: readonly Value[] | undefined,
): Value | undefined {
  const [value, low, high] = ends ?? [];
  return (isOverlog === true ? inRing : inInterval)(value, low, high, includesLow, includesHigh);
}

/**
 * Whether the compiler can evaluate the expression, or find out that it has no value: the expression has no variables and calls only pure
 * functions. A packet counts as unknown, because its predicate may not be known yet.
 */
export function isConstant(expression: Expression): boolean {
  switch (expression.kind) {
    case "constant":
      return true;
    case "variable":
    case "wildcard":
    case "packet":
    case "aggregate":
      return false;
    case "call": {
      const { name, isOverlog } = expression;
      const isPure = functionNamed(name.text, isOverlog)?.pure === true && secretName(expression) === undefined;
      return isPure && expression.args.every(isConstant);
    }
    default:
      return operandsOf(expression).every(isConstant);
  }
}

function addressValue(
  { overlay }: AddressExpression,
  node: Value | undefined,
  options: readonly Value[] | undefined,
): Value | undefined {
  const isImpossible = options === undefined || RESERVED_OVERLAYS.has(overlay.text);
  return isImpossible ? undefined : makeAddress(overlay.text, node, options);
}

/** Facts may call pure functions only: an impure one has no result before a node runs. */
function callValue({ name, isOverlog }: FunctionCall, args: readonly Value[] | undefined): Value | undefined {
  const spec = functionNamed(name.text, isOverlog);
  return spec?.pure === true && args !== undefined ? spec.call(nowhere, args) : undefined;
}

function packetValue(predicate: PredicateSpec | undefined, args: readonly Value[] | undefined): Value | undefined {
  return predicate && args && Packet.of({ predicate, args, isDelete: false });
}

const nowhere: Ambient = {
  now: () => 0,
  random: () => 0,
  randomId: () => 0n,
  source: () => null,
};
