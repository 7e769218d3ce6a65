import type { Plan } from "../../runtime/plan/plan.ts";
import { libNames } from "../../runtime/plan/lib.ts";
import type { PlannedProgram } from "../3-plan/plan.ts";
import { emitStrand, functionName } from "./emit-strand.ts";

/** Writes the strands as JavaScript: the last step, after which a program is a Plan. */
export function emit({ plan, strands }: PlannedProgram): Plan {
  const functions = strands.map((strand, at) => emitStrand(strand, plan.strands[at] as (typeof plan.strands)[number]));
  const names = plan.strands.map(functionName);
  const head = `"use strict";\nconst { ${libNames.join(", ")} } = lib;`;
  return { ...plan, code: [head, ...functions, `return [${names.join(", ")}];`, ""].join("\n\n") };
}
