import type { Argument, Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import type { MaintainedChange, Origin, Trigger } from "../../runtime/plan/contract/plan.ts";
import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";
import { isPredicate } from "../program/rule-shape.ts";
import { variablesIn } from "../program/visit.ts";
import type { CoreRule } from "../2-rewrite/core.ts";
import { aggregateColumns, eventColumns } from "./aggregate-columns.ts";
import { type Costs, improvementsOf } from "./cost-decreases.ts";
import { type BodyContext, planBody, type Seen } from "./plan-body.ts";
import type { Action, Strand, Target, Visibility } from "./strand.ts";

/** A strand that has no number yet. */
export type Draft = Omit<Strand, "id">;

/** The strand of a rule that an event, or a row entering or leaving a table, fires. */
export function planReaction(rule: CoreRule, trigger: Trigger, origin: Origin, context: BodyContext): Draft {
  if (rule.trigger.kind === "view") throw new Error(`rule ${rule.name} is a view rule`);
  const body = rule.body.map((literal): Seen => ({ literal, visibility: "frozen" }));
  const action = actionOf(rule, context);
  const { match, operators } = planBody(rule.trigger.literal, body, context, variablesOfGroups(action));
  return { origin, trigger, match, operators, action };
}

/** What must be known before the joins: an aggregate has one result, whatever they find. */
function variablesOfGroups(action: Action): ReadonlySet<string> {
  if (action.kind !== "aggregate") return new Set();
  const groups = action.columns.flatMap((column) => (column.kind === "group" ? [column.value] : []));
  const place = action.head.location === undefined ? [] : [action.head.location];
  return new Set([...groups, ...place].flatMap((value) => variablesIn(value).map(({ name }) => name)));
}

/** The view a rule contributes to, and what maintaining it has to know of the program. */
export interface ViewContext {
  readonly view: number;
  /** The tables of its stratum. */
  readonly own: ReadonlySet<string>;
  /** Whether the view must hear that a row of the table was refreshed. */
  readonly hearsRefreshes: boolean;
  /** Undefined without recursion, and where derivations cannot tell. */
  readonly costs: Costs | undefined;
}

/**
 * The strands of a view rule: for each body table, one for the rows that leave it and one for those that enter it.
 * Deletions join the state before, insertions the state after; tables to the left of the change show only what
 * has not changed, so that each derivation is counted once (Gupta, Mumick and Subrahmanian, SIGMOD 1993). A negated
 * table is the same, with entering and leaving exchanged. Rows of the rule's own stratum come one at a time, when all
 * other tables are in the state after: one strand serves both directions.
 */
export function planMaintenance(
  rule: CoreRule,
  view: ViewContext,
  origin: Origin,
  context: BodyContext,
): readonly Draft[] {
  const tables = rule.body.filter(isPredicate);
  const isRecursive = tables.some(({ atom }) => view.own.has(atom.name.text));
  return tables.flatMap((changed, at) => {
    const change = { changed, left: new Set<Literal>(tables.slice(0, at)) };
    const kinds = kindsOf(changed, view, isRecursive);
    return kinds.map((kind) => maintenance(rule, kind, change, view, origin, context));
  });
}

type MaintenanceKind = "lost" | "found" | "met" | "renewed" | "ceded";

interface Changed {
  readonly changed: PredicateLiteral;
  readonly left: ReadonlySet<Literal>;
}

function kindsOf(
  changed: PredicateLiteral,
  { own, hearsRefreshes }: ViewContext,
  isRecursive: boolean,
): readonly MaintenanceKind[] {
  const changes: readonly MaintenanceKind[] = own.has(changed.atom.name.text) ? ["met"] : ["lost", "found"];
  if (!hearsRefreshes) return changes;
  if (changed.negated) return isRecursive ? [...changes, "ceded"] : changes;
  return [...changes, "renewed"];
}

function maintenance(
  rule: CoreRule,
  kind: MaintenanceKind,
  { changed, left }: Changed,
  { view, own, costs }: ViewContext,
  origin: Origin,
  context: BodyContext,
): Draft {
  const isDrawn = kind === "found" || kind === "met";
  const others = rule.body.filter((literal) => literal !== changed && (isDrawn || !draws(rule, literal)));
  const body = others.map((literal): Seen => {
    const isOwn = literal.kind === "predicate" && own.has(literal.atom.name.text);
    return { literal, visibility: visibilityOf(kind, isOwn, left.has(literal)) };
  });
  const { match, operators } = planBody(changed, body, context);
  const args = isDrawn ? rule.head.args : rule.head.args.map((argument) => withoutDraw(rule, argument));
  const columns = aggregateColumns(rule, args, headPredicate(rule, context).table?.keys ?? []);
  const sign = kind === "lost" ? -1 : kind === "renewed" || kind === "ceded" ? 0 : 1;
  const improvements = costs === undefined || sign < 1 ? [] : improvementsOf(rule, costs);
  const action: Action = { kind: "contribute", view, sign, columns, improvements };
  const predicate = context.predicate(changed.atom.name.text).id;
  return {
    origin,
    trigger: { kind: "maintenance", change: triggerChange(kind, changed.negated), predicate, derivedRule: view },
    match,
    operators,
    action,
  };
}

function draws({ drawn }: CoreRule, literal: Literal): boolean {
  return literal.kind === "assign" && drawn?.has(literal.target.name) === true;
}

/** Of a derivation that goes, the engine knows what was drawn. */
function withoutDraw({ drawn }: CoreRule, argument: Argument): Argument {
  if (argument.kind !== "variable" || drawn?.has(argument.name) !== true) return argument;
  return { kind: "constant", value: null, text: "null", span: argument.span };
}

function visibilityOf(kind: MaintenanceKind, isOwn: boolean, isLeft: boolean): Visibility {
  switch (kind) {
    case "renewed":
    case "ceded":
      return "after";
    case "met":
      return isOwn ? (isLeft ? "others" : "present") : "after";
    case "lost":
    case "found":
      if (isOwn) return "present";
      return isLeft ? "unchanged" : kind === "lost" ? "before" : "after";
  }
}

/** A row that enters a negated table takes derivations away. */
function triggerChange(kind: MaintenanceKind, isNegated: boolean): MaintainedChange {
  if (kind === "met") return "recursive-delta";
  if (kind === "renewed") return "refreshed";
  if (kind === "ceded") return "negation-deleted";
  return (kind === "lost") === isNegated ? "inserted" : "deleted";
}

function actionOf(rule: CoreRule, context: BodyContext): Action {
  const { head } = rule;
  const predicate = headPredicate(rule, context);
  const target: Target = { predicate, isDelete: rule.isDelete, location: head.location };
  if (!head.args.some((argument) => argument.kind === "aggregate")) {
    return { kind: "tuple", head: target, args: head.args as readonly Expression[] };
  }
  return { kind: "aggregate", head: target, columns: eventColumns(rule, predicate.table?.keys ?? []) };
}

function headPredicate({ head }: CoreRule, context: BodyContext): PredicateSpec {
  return context.predicate(head.name.text, head.args.length);
}
