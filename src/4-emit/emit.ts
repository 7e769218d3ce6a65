import type { Plan } from "../../runtime/plan/contract/plan.ts";
import { libNames } from "../../runtime/plan/library/lib.ts";
import { describeProgram, type PlannedProgram } from "../3-plan/plan.ts";
import { emitStrand, functionName } from "./emit-strand.ts";

/** Between the parts of the code: its head, a function a strand, and what is returned. No function holds an empty line. */
const BETWEEN = "\n\n";

/** Writes the strands as JavaScript: the last step, after which a program is a Plan. */
export function emit(planned: PlannedProgram): Plan {
  const { strands } = planned;
  const plan = describeProgram(planned);
  const functions = strands.map((strand, at) => emitStrand(strand, plan.strands[at] as (typeof plan.strands)[number]));
  const names = plan.strands.map(functionName);
  const head = `"use strict";\nconst { ${libNames.join(", ")} } = lib;`;
  return { ...plan, code: [head, ...functions, `return [${names.join(", ")}];`, ""].join(BETWEEN) };
}

/** The function of each strand, by its number, as it stands in the plan's code. */
export function functionsIn({ code }: Plan): readonly string[] {
  return code.split(BETWEEN).slice(1, -2);
}
