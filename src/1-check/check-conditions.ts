/**
 * check-conditions: finds conditions whose truth does not depend on any row: `X < X`, `N := 7, N == 8`, `X == 1, X == 2`, `1 == 1`.
 * A condition with a macro may be true for another value of the macro, so it is left out. `check-rule.ts` reports the errors,
 * `lint.ts` the warnings.
 */
import type { Condition, Expression, Literal } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { Span } from "../../grammar/span.ts";
import type { ProgramRule } from "../program/program.ts";
import { shownLiteral, shownText } from "../program/shown-text.ts";
import { type Comparison, comparisonsOf, equality, isCertain, isOpen, isRefuted } from "./comparisons.ts";

/** Whether the text at the position contains a macro. */
export type HasMacro = (span: Span) => boolean;

/** A literal that holds in each derivation, with the comparisons that are true because the literal holds. */
interface Fact {
  readonly literal: Literal;
  readonly comparisons: readonly Comparison[];
}

/** Reports the first condition that is never true, alone or together with the literals before it. */
export function checkConditions({ name, body }: ProgramRule, hasMacro: HasMacro): readonly Diagnostic[] {
  const conditions = body.filter((literal) => literal.kind === "condition");
  const [first] = conditions;
  if (first === undefined) return [];
  // Most rules have one condition.
  if (conditions.length === 1 && isOpen(first.test) && body.every(({ kind }) => kind !== "assign")) return [];
  const facts: Fact[] = assignmentsIn(body, hasMacro);
  const known: Comparison[] = facts.flatMap(({ comparisons }) => comparisons);
  for (const literal of body) {
    if (literal.kind !== "condition" || hasMacro(literal.span)) continue;
    if (isRefuted(known, literal.test)) return [neverTrue(literal, facts, name)];
    const comparisons = comparisonsOf(literal.test);
    facts.push({ literal, comparisons });
    for (const comparison of comparisons) known.push(comparison);
  }
  return [];
}

/**
 * Warns of conditions that are always true, and of tests of `? :` that are always or never true. `all` are all expressions of the rule,
 * with those inside them.
 */
export function checkCertainTests(
  { body }: ProgramRule,
  all: readonly Expression[],
  hasMacro: HasMacro,
): readonly Diagnostic[] {
  const conditions = body.filter((literal) => literal.kind === "condition").map(({ test }) => test);
  const tests = all.filter((one) => one.kind === "conditional").map(({ test }) => test);
  if (conditions.length === 0 && tests.length === 0) return [];
  const known = assignmentsIn(body, hasMacro).flatMap(({ comparisons }) => comparisons);
  const warning = (test: Expression, truth: boolean): readonly Diagnostic[] =>
    hasMacro(test.span) ? [] : [report("W0242", test.span, { text: shownText(test), truth })];
  return [
    ...[...conditions, ...tests].flatMap((test) => (isAlwaysTrue(known, test) ? warning(test, true) : [])),
    ...tests.flatMap((test) => (isRefuted(known, test) ? warning(test, false) : [])),
  ];
}

function isAlwaysTrue(known: readonly Comparison[], test: Expression): boolean {
  return !(known.length === 0 && isOpen(test)) && isCertain(known, test);
}

/** Comparisons that hold in each derivation of the body. */
export function comparisonsIn(body: readonly Literal[], hasMacro: HasMacro): readonly Comparison[] {
  const conditions = body.filter((literal) => literal.kind === "condition" && !hasMacro(literal.span));
  return [
    ...assignmentsIn(body, hasMacro).flatMap(({ comparisons }) => comparisons),
    ...conditions.flatMap((literal) => (literal.kind === "condition" ? comparisonsOf(literal.test) : [])),
  ];
}

function assignmentsIn(body: readonly Literal[], hasMacro: HasMacro): Fact[] {
  return body.flatMap((literal) => {
    if (literal.kind !== "assign" || hasMacro(literal.span)) return [];
    return [{ literal, comparisons: equality(literal.target, literal.value) }];
  });
}

/** Names the single literal that the condition contradicts, if there is one. */
function neverTrue({ test, span }: Condition, facts: readonly Fact[], rule: string): Diagnostic {
  const isAlone = isRefuted([], test);
  const other = isAlone ? undefined : facts.find(({ comparisons }) => isRefuted(comparisons, test))?.literal;
  const related = other === undefined ? [] : [{ span: other.span, message: "it contradicts this literal" }];
  const others = other === undefined ? undefined : shownLiteral(other);
  return report("E0252", span, { text: shownText(test), rule, isAlone, other: others }, related);
}
