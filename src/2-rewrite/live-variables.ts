import type { Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import { bindAll, noneBound } from "../program/binding.ts";
import type { ProgramRule } from "../program/program.ts";
import type { Roles } from "../program/roles.ts";
import { expressionsOfAtom, variablesIn } from "../program/visit.ts";
import { returnsOf } from "./call-context.ts";
import { type SuffixUses, variablesOfLiteral } from "./suffix-uses.ts";

/** Literals that run after a call: earlier literals that wait for its results (`waiting`), and the last `length` literals of the body. */
export interface LiteralsAfter {
  readonly waiting: readonly Literal[];
  readonly uses: SuffixUses;
  readonly length: number;
}

/** Returns the live variables at the call: bound before it and used in or after it. */
export function liveVariables(
  rule: ProgramRule,
  before: readonly Literal[],
  call: PredicateLiteral,
  { waiting, uses, length }: LiteralsAfter,
  roles: Roles,
): readonly string[] {
  const bound = bindAll(before, noneBound, roles);
  const inHeadAndCall = [...expressionsOfAtom(rule.head), ...resultsOf(call)].flatMap((one) => variablesIn(one));
  const names = new Set([...inHeadAndCall.map(({ name }) => name), ...waiting.flatMap(variablesOfLiteral)]);
  return [...bound].filter((name) => names.has(name) || uses.has(name, length));
}

/** Expressions that the results of the call must match: its outputs and its outcome. */
function resultsOf(call: PredicateLiteral): readonly Expression[] {
  return call.outcome === undefined ? returnsOf(call) : [...returnsOf(call), call.outcome];
}
