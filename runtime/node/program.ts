import type { StrandFunction } from "../engine/strand-host.ts";
import { lib } from "../plan/library/lib.ts";
import type { Plan } from "../plan/contract/plan.ts";

/** A plan with its strands as functions. Created once per process and shared by all nodes that run it. */
export interface Program {
  readonly plan: Plan;
  readonly strands: readonly StrandFunction[];
}

/** Evaluates the emitted text of the strands. The text must come from the compiler, never from the network. */
export function loadProgram(plan: Plan): Program {
  // oxlint-disable-next-line typescript/no-implied-eval -- the compiler emitted this text
  const make = new Function("lib", plan.code) as (names: typeof lib) => readonly StrandFunction[];
  return { plan, strands: make(lib) };
}
