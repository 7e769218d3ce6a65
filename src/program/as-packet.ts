import type { Expression } from "../../grammar/ast.ts";
import { functionNamed } from "../../runtime/plan/library/functions/registry.ts";

/** Prefix of all built-in functions. No packet is written with such a name. */
const FUNCTION_PREFIX = "f_";

/**
 * Distinguishes the packet of a predicate, `pay(1, X)`, from the call of a function. Functions take precedence over predicates.
 * `packet::b"0a.."`, the text of a packet that is not decoded, becomes the packet with these bytes.
 */
export function asPacket(expression: Expression): Expression {
  if (expression.kind === "address" && expression.overlay.text === "packet") {
    const { node, overlay, span } = expression;
    return { kind: "call", name: { text: "f_packet", span: overlay.span }, args: [node], span };
  }
  if (expression.kind !== "call") return expression;
  const { name, args, span } = expression;
  if (name.text.startsWith(FUNCTION_PREFIX) || functionNamed(name.text) !== undefined) return expression;
  return { kind: "packet", name, args, span };
}
