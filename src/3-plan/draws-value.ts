import type { Expression } from "../../grammar/ast.ts";
import { LOCAL_ADDRESS_FUNCTION } from "../2-rewrite/core.ts";
import { isImpure } from "../program/impure.ts";

/** Impure functions with the same result during a whole step. */
const CONSTANT_IN_STEP: ReadonlySet<string> = new Set(["f_now", "f_src", LOCAL_ADDRESS_FUNCTION]);

/** Whether the expression is a call of a function that may return another value at the next call in the same step. Ignores operands. */
export function drawsValue(part: Expression): boolean {
  return isImpure(part) && !(part.kind === "call" && CONSTANT_IN_STEP.has(part.name.text));
}
