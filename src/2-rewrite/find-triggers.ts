/**
 * find-triggers: says what makes each rule run.
 *
 *   h :- e(X), t(X).     an event rule: runs for each `e`.
 *   t :- a(X), b(X).     `t` a table: a view rule, maintained.
 *   e :- a(X), b(X).     `e` an event: runs for each row inserted into `a`, and for each inserted into `b`.
 */
import type { Literal, PredicateLiteral } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import { hasAggregate, isPredicate } from "../1-check/rule-shape.ts";
import type { CoreRule, CoreTrigger } from "./core.ts";
import type { ExpandedRule } from "./expand-views.ts";

export function findTriggers(
  rule: ExpandedRule,
  isTable: (name: string) => boolean,
  diagnostics: Diagnostic[],
): readonly CoreRule[] {
  if (rule.trigger !== undefined) return [core(rule, rule.body, rule.trigger)];
  const positive = rule.body.filter(isPredicate).filter((literal) => !literal.negated);
  const event = positive.find((literal) => !isTable(literal.atom.name.text));
  if (event !== undefined) return [core(rule, without(rule.body, event), { kind: "event", literal: event })];
  const defines = isTable(rule.head.name.text) && !rule.isDelete && !rule.suspends;
  if (defines) return definition(rule, diagnostics);
  if (hasAggregate(rule.head)) {
    diagnostics.push(report("E0208", rule.span, { what: "an aggregate over tables in the head of an event" }));
    return [];
  }
  return positive.map((literal) => core(rule, without(rule.body, literal), { kind: "inserted", literal }));
}

function definition(rule: ExpandedRule, diagnostics: Diagnostic[]): readonly CoreRule[] {
  const unsupported = whatIsUnsupported(rule);
  if (unsupported === undefined) return [core(rule, rule.body, { kind: "view" })];
  diagnostics.push(report("E0208", rule.span, { what: unsupported }));
  return [];
}

function whatIsUnsupported(rule: ExpandedRule): string | undefined {
  if (rule.head.location !== undefined) return "a rule that defines a table on another node";
  const negation = rule.body.find((literal) => isPredicate(literal) && literal.negated);
  return negation === undefined ? undefined : "negation in a rule that defines a table";
}

function core(rule: ExpandedRule, body: readonly Literal[], trigger: CoreTrigger): CoreRule {
  const { name, overlay, span, isDelete, head } = rule;
  return { name, overlay, span, isDelete, head, body, trigger };
}

function without(body: readonly Literal[], literal: PredicateLiteral): readonly Literal[] {
  return body.filter((other) => other !== literal);
}
