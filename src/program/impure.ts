import type { Expression } from "../../grammar/ast.ts";
import { functionNamed } from "../../runtime/plan/library/functions/registry.ts";

/** Whether the expression itself, not an operand, calls a function that may return another value the next time. */
export function isImpure(part: Expression): boolean {
  return part.kind === "call" && functionNamed(part.name.text)?.pure !== true;
}
