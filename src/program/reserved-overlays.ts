import type { Expression } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import { RESERVED_OVERLAYS } from "../../runtime/plan/values/location.ts";
import { parts } from "./visit.ts";

const NONE: ReadonlySet<string> = new Set();

/**
 * Reports addresses whose overlay has a name that is reserved for the node: `node::"a:1"`. No such address exists. An overlay in `declared`
 * has an error of its own.
 */
export function reservedOverlaysIn(
  expression: Expression,
  declared: ReadonlySet<string> = NONE,
): readonly Diagnostic[] {
  return parts(expression).flatMap((part) =>
    part.kind === "address" && RESERVED_OVERLAYS.has(part.overlay.text) && !declared.has(part.overlay.text)
      ? [report("E0282", part.overlay.span, { name: part.overlay.text })]
      : [],
  );
}
