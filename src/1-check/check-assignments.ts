import type { Assignment, Literal } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { printExpression } from "../../grammar/print.ts";
import { report } from "../../grammar/report.ts";
import { bindAll, noneBound } from "../program/binding.ts";
import { patternVariables } from "../program/pattern.ts";
import type { ProgramRule } from "../program/program.ts";
import type { Roles } from "../program/roles.ts";
import { variablesIn } from "../program/visit.ts";

/**
 * Reports assignments that would give a variable a second value: `N := 7, N := 8`, and `N := N + 1` where another literal binds N.
 * An assignment to a variable that a predicate binds selects rows, and is allowed. In OverLog's `X := X + 1` the assigned X has been
 * renamed before this check.
 */
export function checkAssignments({ body }: ProgramRule, roles: Roles): readonly Diagnostic[] {
  const assignments = body.filter((literal) => literal.kind === "assign");
  if (assignments.length === 0) return [];
  const matched = matchedVariables(body, roles);
  const byTarget = Map.groupBy(assignments, ({ target }) => target.name);
  const first = new Map<string, Assignment>();
  return assignments.flatMap((assignment) => {
    const { target, value, span } = assignment;
    const known = first.get(target.name);
    if (known === undefined) first.set(target.name, assignment);
    const isBound = known !== undefined || matched.has(target.name);
    const isCopy = value.kind === "variable" && value.name === target.name;
    const usesItself = isBound && !isCopy && dependsOnItself(assignment, byTarget);
    if (known === undefined && !usesItself) return [];
    const related = known === undefined ? [] : [{ span: known.span, message: "the first assignment is here" }];
    return [report("E0249", span, { variable: target.name, value: printExpression(value), usesItself }, related)];
  });
}

/** Variables that predicates and `<-` bind. */
function matchedVariables(body: readonly Literal[], roles: Roles): ReadonlySet<string> {
  const predicates = body.filter((literal) => literal.kind === "predicate");
  const patterns = body.flatMap((literal) => (literal.kind === "member" ? patternVariables(literal.pattern) : []));
  return new Set([...bindAll(predicates, noneBound, roles), ...patterns]);
}

/** Whether the value depends on the variable that it is assigned to, directly or through other assignments. */
function dependsOnItself({ target, value }: Assignment, byTarget: ReadonlyMap<string, readonly Assignment[]>): boolean {
  const reached = new Set(variablesIn(value).map(({ name }) => name));
  for (const name of reached) {
    if (name === target.name) return true;
    for (const other of byTarget.get(name) ?? []) for (const used of variablesIn(other.value)) reached.add(used.name);
  }
  return false;
}
