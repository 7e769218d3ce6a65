import type { Plan } from "../../runtime/plan/contract/plan.ts";
import { libNames } from "../../runtime/plan/library/lib.ts";
import { describeProgram, type PlannedProgram } from "../3-plan/plan.ts";
import { emitStrand, functionName } from "./emit-strand.ts";

/** Separates the parts of the code: its head, one function per strand, and the return. No function contains an empty line. */
const SEPARATOR = "\n\n";

/** Emits the strands as JavaScript and returns the complete plan: the last phase of the compiler. */
export function emit(planned: PlannedProgram): Plan {
  const { strands } = planned;
  const plan = describeProgram(planned);
  const ids = new Map(plan.predicates.map(({ name, id }) => [name, id]));
  const predicateId = (name: string): number => ids.get(name) ?? -1;
  const functions = strands.map((strand, at) =>
    emitStrand(strand, plan.strands[at] as (typeof plan.strands)[number], predicateId),
  );
  const names = plan.strands.map(functionName);
  const head = `"use strict";\nconst { ${libNames.join(", ")} } = lib;`;
  return { ...plan, code: [head, ...functions, `return [${names.join(", ")}];`, ""].join(SEPARATOR) };
}

/** Returns the source text of the strand functions in the plan, by strand number. */
export function functionsIn({ code }: Plan): readonly string[] {
  return code.split(SEPARATOR).slice(1, -2);
}
