/**
 * find-triggers: says what makes each rule run.
 *
 *   h :- e(X), t(X).     an event rule: runs for each `e`.
 *   t :- a(X), b(X).     `t` a table: a view rule, maintained.
 *   e :- a(X), b(X).     `e` an event: runs for each row inserted into `a`, and for each inserted into `b`;
 *                        in OverLog also for each that is refreshed there, where rows do not stay for ever.
 *   e(min<X>) :- a(X).   runs for each group whose result is new.
 */
import type { Atom, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { report } from "../../grammar/report.ts";
import type { RowEvent } from "../../runtime/plan/plan.ts";
import { isLocalAddressTable } from "../1-check/builtin.ts";
import { hasAggregate, isPredicate } from "../1-check/rule-shape.ts";
import type { TableDeclaration } from "../program.ts";
import { atomAt, type CoreRule, type CoreTrigger, literalAt, variableAt } from "./core.ts";
import type { ExpandedRule } from "./expand-views.ts";
import type { HiddenTables } from "./hidden-tables.ts";

export function findTriggers(
  rule: ExpandedRule,
  tables: ReadonlyMap<string, TableDeclaration>,
  hidden: HiddenTables,
  diagnostics: Diagnostic[],
): readonly CoreRule[] {
  if (rule.trigger !== undefined) return [core(rule, rule.body, rule.trigger)];
  const isTable = (name: string): boolean => tables.has(name) || isLocalAddressTable(name);
  const positive = rule.body.filter(isPredicate).filter((literal) => !literal.negated);
  const event = positive.find((literal) => !isTable(literal.atom.name.text));
  if (event !== undefined) return [core(rule, without(rule.body, event), { kind: "event", literal: event })];
  const defines = isTable(rule.head.name.text) && !rule.isDelete && !rule.suspends;
  if (defines) return definition(rule, diagnostics);
  if (hasAggregate(rule.head)) return groups(rule, hidden);
  return positive.flatMap((literal) =>
    rowEvents(rule, literal, tables).map((kind) => core(rule, without(rule.body, literal), { kind, literal })),
  );
}

/** OverLog's soft state is said again and again to keep it: what hears of it hears of that too. */
function rowEvents(
  rule: ExpandedRule,
  literal: PredicateLiteral,
  tables: ReadonlyMap<string, TableDeclaration>,
): readonly RowEvent[] {
  const table = tables.get(literal.atom.name.text);
  const isSoft = table !== undefined && (table.lifetime < Infinity || table.size < Infinity);
  return rule.isOverlog && isSoft && !rule.isDelete ? ["inserted", "refreshed"] : ["inserted"];
}

function definition(rule: ExpandedRule, diagnostics: Diagnostic[]): readonly CoreRule[] {
  if (rule.head.location === undefined) return [core(rule, rule.body, { kind: "view" })];
  diagnostics.push(report("E0208", rule.span, { what: "a rule that defines a table on another node" }));
  return [];
}

/** The groups are kept in a hidden table; each result that is new there makes the head happen. */
function groups(rule: ExpandedRule, hidden: HiddenTables): readonly CoreRule[] {
  const { head, span } = rule;
  const place = head.location === undefined ? [] : [head.location];
  const args = [...head.args, ...place];
  const keys = args.flatMap((argument, column) => (argument.kind === "aggregate" ? [] : [column]));
  const name = hidden.add(`${rule.name}?groups`, args.length, span, keys.length === 0 ? undefined : keys);
  const results = args.map((_, column) => variableAt(`$Result${column + 1}`, span));
  const happens: Atom = {
    ...head,
    location: head.location === undefined ? undefined : results[head.args.length],
    args: results.slice(0, head.args.length),
  };
  const result = literalAt(atomAt(name, results, span));
  return [
    { ...core(rule, rule.body, { kind: "view" }), isDelete: false, head: atomAt(name, args, span) },
    { ...core(rule, [], { kind: "inserted", literal: result }), head: happens },
  ];
}

function core(rule: ExpandedRule, body: readonly Literal[], trigger: CoreTrigger): CoreRule {
  const { name, overlay, span, isOverlog, isDelete, head } = rule;
  return { name, overlay, span, isOpen: isOverlog, isDelete, head, body, trigger };
}

function without(body: readonly Literal[], literal: PredicateLiteral): readonly Literal[] {
  return body.filter((other) => other !== literal);
}
