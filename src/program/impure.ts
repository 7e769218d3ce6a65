import type { Expression } from "../../grammar/ast.ts";
import { functionNamed } from "../../runtime/plan/library/functions/registry.ts";

/** Whether this part of an expression calls a function that may give another value the next time. */
export function isImpure(part: Expression): boolean {
  return part.kind === "call" && functionNamed(part.name.text)?.pure !== true;
}
