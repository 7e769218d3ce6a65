import type { Expression } from "../../grammar/ast.ts";
import { functionNamed } from "../../runtime/plan/library/functions/registry.ts";
import type { Ambient } from "../../runtime/plan/contract/function-spec.ts";
import { makeAddress, negate } from "../../runtime/plan/library/operators/operators.ts";
import { withCanonicalAddress } from "../../runtime/plan/values/canonical-address.ts";
import type { Value } from "../../runtime/plan/values/value.ts";
import { binaryOperation } from "./operation.ts";

/** Evaluates an expression without variables; undefined if it has variables or fails. */
export function constantValue(expression: Expression): Value | undefined {
  switch (expression.kind) {
    case "constant":
      return withCanonicalAddress(expression.value);
    case "list":
      return all(expression.items);
    case "unary":
      return expression.operator === "-" ? negate(constantValue(expression.operand)) : undefined;
    case "binary":
      return binaryOperation(
        expression.operator,
        constantValue(expression.left),
        constantValue(expression.right),
        expression.isOverlog,
      );
    case "address":
      return addressValue(expression);
    case "call":
      return callValue(expression);
    default:
      return undefined;
  }
}

function all(expressions: readonly Expression[]): readonly Value[] | undefined {
  const values = expressions.map(constantValue);
  return values.every((value) => value !== undefined) ? values : undefined;
}

function addressValue(expression: Extract<Expression, { kind: "address" }>): Value | undefined {
  const node = constantValue(expression.node);
  const options = all(expression.options);
  return options === undefined ? undefined : makeAddress(expression.overlay.text, node, options);
}

/** Facts may call pure functions only: an impure one has no result before a node runs. */
function callValue(expression: Extract<Expression, { kind: "call" }>): Value | undefined {
  const spec = functionNamed(expression.name.text, expression.isOverlog);
  const args = all(expression.args);
  return spec?.pure === true && args !== undefined ? spec.call(nowhere, args) : undefined;
}

const nowhere: Ambient = {
  now: () => 0,
  random: () => 0,
  randomId: () => 0n,
  source: () => null,
};
