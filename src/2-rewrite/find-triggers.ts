/**
 * find-triggers: determines the trigger of each rule.
 *
 *   h :- e(X), t(X).     an event rule: runs for each `e`.
 *   t :- a(X), b(X).     `t` a table: a maintained derived table, no trigger.
 *   e :- a(X), b(X).     `e` an event: runs for each row inserted into `a`, and for each inserted into `b`;
 *                        in OverLog also for each refreshed row of a table with a lifetime or a size limit.
 *   e(min<X>) :- a(X).   runs for each group whose result changes.
 */
import type { Atom, Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import type { RowEvent } from "../../runtime/plan/contract/plan.ts";
import { localAddressTable } from "../program/builtin.ts";
import { hasAggregate, isPredicate } from "../program/rule-shape.ts";
import type { TableDeclaration } from "../program/program.ts";
import { atomAt, type CoreRule, type CoreTrigger, literalAt, variableAt } from "./core.ts";
import type { ExpandedRule } from "./expanded-rule.ts";
import type { HiddenTables } from "./hidden-tables.ts";

export interface TriggerContext {
  readonly tables: ReadonlyMap<string, TableDeclaration>;
  readonly isTable: (name: string) => boolean;
  readonly hidden: HiddenTables;
  /** The `localAddr` tables that rules define. */
  readonly ruled: ReadonlySet<string>;
}

export function findTriggers(rule: ExpandedRule, context: TriggerContext): readonly CoreRule[] {
  const { tables, isTable, hidden } = context;
  if (rule.trigger !== undefined) return [core(rule, rule.body, rule.trigger)];
  const positive = rule.body.filter(isPredicate).filter((literal) => !literal.negated);
  const event = positive.find((literal) => !isTable(literal.atom.name.text));
  if (event !== undefined) return [core(rule, without(rule.body, event), { kind: "event", literal: event })];
  const defines = isTable(rule.head.name.text) && !rule.isDelete && !rule.suspends;
  if (defines && rule.head.location !== undefined) return deriveElsewhere(rule, rule.head.location, context);
  if (defines) return [core(rule, rule.body, { kind: "maintained" })];
  if (hasAggregate(rule.head)) return groupResults(rule, hidden);
  return positive.flatMap((literal) =>
    rowEvents(rule, literal, tables).map((kind) => core(rule, without(rule.body, literal), { kind, literal })),
  );
}

/**
 * Row events of a table that trigger the rule. OverLog programs refresh soft state periodically and expect refreshes to trigger rules,
 * except rules that delete.
 */
function rowEvents(
  rule: ExpandedRule,
  literal: PredicateLiteral,
  tables: ReadonlyMap<string, TableDeclaration>,
): readonly RowEvent[] {
  const table = tables.get(literal.atom.name.text);
  const isSoft = table !== undefined && (table.lifetime < Infinity || table.size < Infinity);
  return rule.isOverlog && isSoft && !rule.isDelete ? ["inserted", "refreshed"] : ["inserted"];
}

/**
 * Splits a rule that defines a table at other nodes. Rows for other nodes go into a hidden outlet table, which a channel replicates to
 * the nodes that the rows name. Rows for this node are derived directly. All rows wait while the overlay, or the node, has no own address,
 * which can happen only if rules define this address.
 */
function deriveElsewhere(
  rule: ExpandedRule,
  location: Expression,
  { hidden, ruled }: TriggerContext,
): readonly CoreRule[] {
  const { head, name, span } = rule;
  const args = head.args.map((_, column) => variableAt(`$${column + 1}`, span));
  const node = variableAt("$Node", span);
  const derived = hidden.add(`${name}?for`, args.length + 1, span);
  const outlet = hidden.add(`${name}?out`, args.length + 1, span);
  const inlet = hidden.add(`${name}?in`, args.length + 1, span);
  hidden.channels.push({ outlet, inlet, table: head.name.text });
  const forNode = literalAt(atomAt(derived, [node, ...args], span));
  const own = localAddressTable(rule.overlay);
  const isHere = literalAt(atomAt(own, [node], span));
  const hasAddress = ruled.has(own) ? [literalAt(atomAt(own, [{ kind: "wildcard", span }], span))] : [];
  const received = literalAt(atomAt(inlet, [{ kind: "wildcard", span }, ...args], span));
  const derive = (atom: Atom, body: readonly Literal[]): CoreRule =>
    core({ ...rule, head: atom }, body, { kind: "maintained" });
  const here = { ...head, location: undefined, args };
  return [
    derive(atomAt(derived, [location, ...head.args], span), rule.body),
    derive(atomAt(outlet, [node, ...args], span), [forNode, ...hasAddress, { ...isHere, negated: true }]),
    derive(here, [forNode, isHere]),
    derive(here, [received]),
  ];
}

/** Keeps the results of an aggregate in a hidden table. Each new result raises the event of the head. */
function groupResults(rule: ExpandedRule, hidden: HiddenTables): readonly CoreRule[] {
  const { head, span } = rule;
  const location = head.location === undefined ? [] : [head.location];
  const args = [...head.args, ...location];
  const keys = args.flatMap((argument, column) => (argument.kind === "aggregate" ? [] : [column]));
  const name = hidden.add(`${rule.name}?groups`, args.length, span, keys.length === 0 ? undefined : keys);
  const results = args.map((_, column) => variableAt(`$Result${column + 1}`, span));
  const raised: Atom = {
    ...head,
    location: head.location === undefined ? undefined : results[head.args.length],
    args: results.slice(0, head.args.length),
  };
  const result = literalAt(atomAt(name, results, span));
  return [
    { ...core(rule, rule.body, { kind: "maintained" }), isDelete: false, head: atomAt(name, args, span) },
    { ...core(rule, [], { kind: "inserted", literal: result }), head: raised },
  ];
}

function core(rule: ExpandedRule, body: readonly Literal[], trigger: CoreTrigger): CoreRule {
  const { name, overlay, span, isOverlog, isDelete, head, groupKeys, combinedIn } = rule;
  return { name, overlay, span, isOverlog, isDelete, head, body, trigger, groupKeys, combinedIn };
}

function without(body: readonly Literal[], literal: PredicateLiteral): readonly Literal[] {
  return body.filter((other) => other !== literal);
}
