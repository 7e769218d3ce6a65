import type { StrandFunction } from "../engine/strand-host.ts";
import { lib } from "../plan/library/lib.ts";
import type { Plan } from "../plan/contract/plan.ts";
import { unknownElements } from "./element-specs.ts";

/** A plan with its strands as functions: made once a process, shared by all nodes that run it. */
export interface Program {
  readonly plan: Plan;
  readonly strands: readonly StrandFunction[];
}

/** Turns the emitted text into functions. The text comes from the compiler, never from the network. */
export function loadProgram(plan: Plan): Program {
  const unknown = unknownElements(plan.graph);
  if (unknown.length > 0) throw new Error(`the plan names elements that there are not: ${unknown.join(", ")}`);
  // oxlint-disable-next-line typescript/no-implied-eval -- emitted functions are what a plan is for
  const make = new Function("lib", plan.code) as (names: typeof lib) => readonly StrandFunction[];
  return { plan, strands: make(lib) };
}
