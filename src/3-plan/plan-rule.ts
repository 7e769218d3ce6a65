import type { Argument, Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import type { Origin, PredicateSpec, Trigger } from "../../runtime/plan/plan.ts";
import { isPredicate } from "../1-check/rule-shape.ts";
import type { CoreRule } from "../2-rewrite/core.ts";
import { type BodyContext, planBody, type Seen } from "./plan-body.ts";
import type { Action, Column, Strand, Target } from "./strand.ts";

/** A strand that has no number yet. */
export type Draft = Omit<Strand, "id">;

/** The strand of a rule that an event, or a row entering or leaving a table, fires. */
export function planReaction(rule: CoreRule, trigger: Trigger, origin: Origin, context: BodyContext): Draft {
  if (rule.trigger.kind === "view") throw new Error(`rule ${rule.name} is a view rule`);
  const body = rule.body.map((literal): Seen => ({ literal, visibility: "frozen" }));
  const { match, operators } = planBody(rule.trigger.literal, body, context);
  return { origin, trigger, match, operators, action: actionOf(rule, context) };
}

/**
 * The strands of a view rule: for each body table, one for the rows that leave it and one for those that enter it.
 * Deletions join the state before, insertions the state after; tables to the left of the change show only what
 * has not changed, so that each derivation is counted once (Gupta, Mumick and Subrahmanian, SIGMOD 1993).
 */
export function planMaintenance(rule: CoreRule, view: number, origin: Origin, context: BodyContext): readonly Draft[] {
  const tables = rule.body.filter(isPredicate);
  return tables.flatMap((changed, at) => [
    maintenance(rule, changed, tables.slice(0, at), "vanished", view, origin, context),
    maintenance(rule, changed, tables.slice(0, at), "appeared", view, origin, context),
  ]);
}

function maintenance(
  rule: CoreRule,
  changed: PredicateLiteral,
  left: readonly PredicateLiteral[],
  kind: "vanished" | "appeared",
  view: number,
  origin: Origin,
  context: BodyContext,
): Draft {
  const others = rule.body.filter((literal) => literal !== changed);
  const right = kind === "vanished" ? "before" : "after";
  const body = others.map((literal): Seen => ({ literal, visibility: isAmong(literal, left) ? "unchanged" : right }));
  const { match, operators } = planBody(changed, body, context);
  const columns = aggregateColumns(rule.head.args, headPredicate(rule, context));
  const action: Action = { kind: "contribute", view, sign: kind === "vanished" ? -1 : 1, columns };
  const predicate = context.predicate(changed.atom.name.text).id;
  return { origin, trigger: { kind, predicate, view }, match, operators, action };
}

function isAmong(literal: Literal, literals: readonly PredicateLiteral[]): boolean {
  return literals.some((other) => other === literal);
}

function actionOf(rule: CoreRule, context: BodyContext): Action {
  const { head } = rule;
  const predicate = headPredicate(rule, context);
  const target: Target = { predicate, isDelete: rule.isDelete, location: head.location };
  if (!head.args.some((argument) => argument.kind === "aggregate")) {
    return { kind: "tuple", head: target, args: head.args as readonly Expression[] };
  }
  return { kind: "aggregate", head: target, columns: aggregateColumns(head.args, predicate) };
}

function headPredicate({ head }: CoreRule, context: BodyContext): PredicateSpec {
  return context.predicate(head.name.text, head.args.length);
}

/** A plain argument groups, unless the head's table is keyed without it: then it comes from the winning row. */
export function aggregateColumns(args: readonly Argument[], predicate: PredicateSpec): readonly Column[] {
  const keys = predicate.table?.keys ?? [];
  return args.map((argument, column): Column => {
    if (argument.kind === "aggregate") {
      return { kind: "aggregate", function: argument.function, operand: argument.operand };
    }
    const groups = keys.length === 0 || keys.includes(column);
    return { kind: groups ? "group" : "winner", value: argument as Expression };
  });
}
