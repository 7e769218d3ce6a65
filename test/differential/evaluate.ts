import type { Binary, Expression } from "../../grammar/ast.ts";
import { functionNamed } from "../../runtime/plan/library/functions/registry.ts";
import type { Ambient } from "../../runtime/plan/contract/function-spec.ts";
import {
  add,
  bitAnd,
  bitOr,
  bitXor,
  complement,
  divide,
  inInterval,
  isTrue,
  makeAddress,
  modulo,
  multiply,
  negate,
  not,
  shiftLeft,
  shiftRight,
  subtract,
} from "../../runtime/plan/library/operators/operators.ts";
import { Packet } from "../../runtime/plan/values/packet.ts";
import { compare, equal, type Maybe, type Value } from "../../runtime/plan/values/value.ts";
import { eventSpec } from "../predicate-spec.ts";

/** Values of the variables of a rule. */
export type Bindings = ReadonlyMap<string, Value>;

/** Evaluates an expression whose variables are all bound. Returns undefined if it fails. Uses the operators of the library. */
export function evaluate(expression: Expression, bindings: Bindings, ambient: Ambient): Maybe {
  const valueOf = (part: Expression): Maybe => evaluate(part, bindings, ambient);
  switch (expression.kind) {
    case "variable":
      return bindings.get(expression.name);
    case "wildcard":
      return null;
    case "constant":
      return expression.value;
    case "list":
      return all(expression.items.map(valueOf));
    case "unary":
      return unary[expression.operator](valueOf(expression.operand));
    case "binary":
      return binary(expression, valueOf);
    case "conditional":
      return conditional(isTrue(valueOf(expression.test)), expression.yes, expression.no, valueOf);
    case "call": {
      const args = all(expression.args.map(valueOf));
      return args && functionNamed(expression.name.text)?.call(ambient, args);
    }
    case "packet": {
      const args = all(expression.args.map(valueOf));
      const predicate = eventSpec(expression.name.text, expression.args.length);
      return args && Packet.of({ predicate, args, isDelete: false });
    }
    case "aggregate":
      throw new Error("an aggregate within an expression");
    case "interval":
      return inInterval(
        valueOf(expression.value),
        valueOf(expression.low),
        valueOf(expression.high),
        expression.includesLow,
        expression.includesHigh,
      );
    case "address":
      return makeAddress(expression.overlay.text, valueOf(expression.node), all(expression.options.map(valueOf)));
  }
}

const unary: Readonly<Record<"-" | "!" | "~", (value: Maybe) => Maybe>> = { "-": negate, "!": not, "~": complement };

/** Evaluates an operator. `&&` and `||` do not always need the right side. */
function binary({ operator, left, right }: Binary, valueOf: (part: Expression) => Maybe): Maybe {
  const first = valueOf(left);
  if (operator === "&&") return isTrue(first) === true ? isTrue(valueOf(right)) : isTrue(first);
  if (operator === "||") return isTrue(first) === false ? isTrue(valueOf(right)) : isTrue(first);
  const second = valueOf(right);
  return first === undefined || second === undefined ? undefined : operations[operator](first, second);
}

const operations: Readonly<Record<Exclude<Binary["operator"], "&&" | "||">, (left: Value, right: Value) => Maybe>> = {
  "|": bitOr,
  "^": bitXor,
  "&": bitAnd,
  "==": equal,
  "!=": (left, right) => !equal(left, right),
  "<": (left, right) => compare(left, right) < 0,
  "<=": (left, right) => compare(left, right) <= 0,
  ">": (left, right) => compare(left, right) > 0,
  ">=": (left, right) => compare(left, right) >= 0,
  "<<": shiftLeft,
  ">>": shiftRight,
  "+": add,
  "-": subtract,
  "*": multiply,
  "/": divide,
  "%": modulo,
};

function conditional(
  test: boolean | undefined,
  yes: Expression,
  no: Expression,
  valueOf: (part: Expression) => Maybe,
): Maybe {
  return test === undefined ? undefined : valueOf(test ? yes : no);
}

function all(values: readonly Maybe[]): readonly Value[] | undefined {
  return values.every((value) => value !== undefined) ? values : undefined;
}
