import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { CoreProgram, CoreRule } from "../2-rewrite/core.ts";
import { expressionsOfAtom, expressionsOfLiteral, parts } from "../program/visit.ts";

const SEAL = "f_seal";

/** Reports rules of derived tables that call `f_seal`. A rule that was divided is reported once. */
export function checkSeals(core: CoreProgram): readonly Diagnostic[] {
  const errors = new Map<string, Diagnostic>();
  for (const rule of core.rules) {
    if (rule.trigger.kind !== "maintained") continue;
    for (const span of sealsIn(rule)) errors.set(`${span.file}:${span.start}`, report("E0290", span, {}));
  }
  return [...errors.values()];
}

function sealsIn({ head, body }: CoreRule): readonly CoreRule["span"][] {
  return [...expressionsOfAtom(head), ...body.flatMap(expressionsOfLiteral)]
    .flatMap((expression) => parts(expression))
    .flatMap((part) => (part.kind === "call" && part.name.text === SEAL ? [part.span] : []));
}
