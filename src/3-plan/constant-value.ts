import type { AddressExpression, Expression, FunctionCall } from "../../grammar/ast.ts";
import { functionNamed } from "../../runtime/plan/library/functions/registry.ts";
import type { Ambient } from "../../runtime/plan/contract/function-spec.ts";
import { makeAddress, negate } from "../../runtime/plan/library/operators/operators.ts";
import { withCanonicalAddress } from "../../runtime/plan/values/canonical-address.ts";
import { Packet } from "../../runtime/plan/values/packet.ts";
import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";
import type { Value } from "../../runtime/plan/values/value.ts";
import { binaryOperation } from "./operation.ts";

/** Returns the predicate of a packet by its qualified name and number of arguments. */
export type PredicateOf = (name: string, arity: number) => PredicateSpec | undefined;

/** Evaluates an expression without variables; undefined if it has variables, a packet of an unknown predicate, or fails. */
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
      return valuesOf(expression.items);
    case "unary":
      return expression.operator === "-" ? negate(valueOf(expression.operand)) : undefined;
    case "binary":
      return binaryOperation(
        expression.operator,
        valueOf(expression.left),
        valueOf(expression.right),
        expression.isOverlog,
      );
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

function addressValue(
  { overlay }: AddressExpression,
  node: Value | undefined,
  options: readonly Value[] | undefined,
): Value | undefined {
  return options === undefined ? undefined : makeAddress(overlay.text, node, options);
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
