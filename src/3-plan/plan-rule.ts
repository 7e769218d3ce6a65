/**
 * plan-rule: plans the strands of one rule: one for a triggered rule, several for a maintained one. Called by `plan.ts`;
 * `plan-body.ts` plans the joins of each strand.
 */
import type { Argument, Expression, Literal, PredicateLiteral } from "../../grammar/ast.ts";
import type { MaintainedChange, Origin, Sign, Trigger } from "../../runtime/plan/contract/plan.ts";
import type { PredicateSpec } from "../../runtime/plan/values/predicate-spec.ts";
import { isPredicate } from "../program/rule-shape.ts";
import { variablesIn } from "../program/visit.ts";
import type { CoreRule } from "../2-rewrite/core.ts";
import { aggregateColumns, eventColumns } from "./aggregate-columns.ts";
import { type MonotoneCosts, costDecreases } from "./cost-decreases.ts";
import { type BodyContext, planBody, type VisibleLiteral } from "./plan-body.ts";
import type { StrandAction, Strand, Target, Visibility } from "./strand.ts";

/** A strand without its number. */
export type Draft = Omit<Strand, "id">;

/** Plans the strand of a rule that is triggered by an event or by the change of a row. */
export function planReaction(rule: CoreRule, trigger: Trigger, origin: Origin, context: BodyContext): Draft {
  if (rule.trigger.kind === "maintained") throw new Error(`rule ${rule.name} is maintained, not triggered`);
  const body = rule.body.map((literal): VisibleLiteral => ({ literal, visibility: "frozen" }));
  const action = actionOf(rule, context);
  const { match, operators } = planBody(rule.trigger.literal, body, context, variablesOfGroups(action));
  return { origin, trigger, match, operators, action };
}

/** Variables to bind before the joins: the group columns and the location of an aggregate, which has a result even if no row joins. */
function variablesOfGroups(action: StrandAction): ReadonlySet<string> {
  if (action.kind !== "aggregate") return new Set();
  const groups = action.columns.flatMap((column) => (column.kind === "group" ? [column.value] : []));
  const location = action.head.location === undefined ? [] : [action.head.location];
  return new Set([...groups, ...location].flatMap((value) => variablesIn(value).map(({ name }) => name)));
}

/** The derived rule of the plan that a core rule becomes part of, and the properties of its stratum that maintenance needs. */
export interface DerivedRuleContext {
  /** Number of the derived rule in the plan. */
  readonly derivedRule: number;
  /** The tables of the stratum of the derived rule. */
  readonly stratumTables: ReadonlySet<string>;
  /** Whether the derived table must learn that a row of the body was refreshed. */
  readonly needsRefreshes: boolean;
  /** Undefined if the stratum is not recursive, or if its rules cannot compare costs (`monotoneCosts`). */
  readonly costs: MonotoneCosts | undefined;
  /** Whether the rows of the stratum are ranked. */
  readonly ranksRows: boolean;
}

/**
 * The strands that maintain a derived table. For each body table one strand handles deleted rows and one inserted rows. A deleted row is
 * joined with the other tables as they were before the commit, an inserted row with the tables after the commit. Of tables to the left of
 * the changed table only unchanged rows are joined, so that each derivation is counted once (Gupta, Mumick and Subrahmanian, SIGMOD 1993).
 * For a negated table, insertion and deletion are exchanged. Rows of the rule's own stratum change one at a time, after the commit of all
 * other tables, so one strand handles both insertions and deletions.
 */
export function planMaintenance(
  rule: CoreRule,
  derived: DerivedRuleContext,
  origin: Origin,
  context: BodyContext,
): readonly Draft[] {
  const tables = rule.body.filter(isPredicate);
  const isRecursive = tables.some(({ atom }) => derived.stratumTables.has(atom.name.text));
  return tables.flatMap((literal, at) => {
    const changed = { literal, left: new Set<Literal>(tables.slice(0, at)) };
    const effects = effectsOf(literal, derived, isRecursive);
    return effects.map((effect) => planDelta(rule, effect, changed, derived, origin, context));
  });
}

/** Effect of a maintenance strand on the derivations of its rule. `either`: inserts or deletes, as the row of its own stratum changes. */
type Effect = "insert" | "delete" | "either" | "refresh" | "refresh-by-negation";

/** The body literal whose table has changed. */
interface ChangedLiteral {
  readonly literal: PredicateLiteral;
  /** The literals to the left of `literal`. */
  readonly left: ReadonlySet<Literal>;
}

function effectsOf(
  changed: PredicateLiteral,
  { stratumTables, needsRefreshes }: DerivedRuleContext,
  isRecursive: boolean,
): readonly Effect[] {
  const changes: readonly Effect[] = stratumTables.has(changed.atom.name.text) ? ["either"] : ["delete", "insert"];
  if (!needsRefreshes) return changes;
  if (changed.negated) return isRecursive ? [...changes, "refresh-by-negation"] : changes;
  return [...changes, "refresh"];
}

function planDelta(
  rule: CoreRule,
  effect: Effect,
  { literal: changed, left }: ChangedLiteral,
  { derivedRule, stratumTables, costs, ranksRows }: DerivedRuleContext,
  origin: Origin,
  context: BodyContext,
): Draft {
  const isComputed = effect === "insert" || effect === "either";
  const others = rule.body.filter((literal) => literal !== changed && (isComputed || !assignsMemoised(rule, literal)));
  const body = others.map((literal): VisibleLiteral => {
    const isInStratum = literal.kind === "predicate" && stratumTables.has(literal.atom.name.text);
    return { literal, visibility: visibilityOf(effect, isInStratum, left.has(literal)) };
  });
  const { match, operators } = planBody(changed, body, context);
  const args = isComputed ? rule.head.args : rule.head.args.map((argument) => withoutMemoised(rule, argument));
  const headTable = headPredicate(rule, context);
  const columns = aggregateColumns(rule, args, headTable.table?.keys ?? []);
  const head = { predicate: headTable, required: rule.required ?? [] };
  const sign = signs[effect];
  const decreases = costs === undefined || sign < 1 ? [] : costDecreases(rule, costs);
  const action: StrandAction = {
    kind: "contribute",
    head,
    derivedRule,
    sign,
    columns,
    costDecreases: decreases,
    reportsRank: ranksRows,
  };
  const predicate = context.predicate(changed.atom.name.text).id;
  const trigger: Trigger = { kind: "maintenance", change: changeOf(effect, changed.negated), predicate, derivedRule };
  return { origin, trigger, match, operators, action };
}

const signs: Readonly<Record<Effect, Sign>> = {
  insert: 1,
  either: 1,
  refresh: 0,
  "refresh-by-negation": 0,
  delete: -1,
};

function assignsMemoised({ memoised }: CoreRule, literal: Literal): boolean {
  return literal.kind === "assign" && memoised?.has(literal.target.name) === true;
}

/** Replaces memoised columns by null, for strands that do not add derivations: the engine finds a derivation by its other columns. */
function withoutMemoised({ memoised }: CoreRule, argument: Argument): Argument {
  if (argument.kind !== "variable" || memoised?.has(argument.name) !== true) return argument;
  return { kind: "constant", value: null, text: "null", span: argument.span };
}

function visibilityOf(effect: Effect, isInStratum: boolean, isLeft: boolean): Visibility {
  switch (effect) {
    case "refresh":
    case "refresh-by-negation":
      return "after";
    case "either":
      return isInStratum ? (isLeft ? "others" : "present") : "after";
    case "delete":
    case "insert":
      if (isInStratum) return "present";
      return isLeft ? "unchanged" : effect === "delete" ? "before" : "after";
  }
}

/** The change of the body table that causes the effect. If the table is negated, an inserted row deletes derivations. */
function changeOf(effect: Effect, isNegated: boolean): MaintainedChange {
  switch (effect) {
    case "either":
      return "recursive-delta";
    case "refresh":
      return "refreshed";
    case "refresh-by-negation":
      return "negation-deleted";
    case "delete":
    case "insert":
      return (effect === "delete") === isNegated ? "inserted" : "deleted";
  }
}

function actionOf(rule: CoreRule, context: BodyContext): StrandAction {
  const { head } = rule;
  const predicate = headPredicate(rule, context);
  const required = rule.required ?? [];
  const target: Target = { predicate, isDelete: rule.isDelete, location: head.location, required };
  if (!head.args.some((argument) => argument.kind === "aggregate")) {
    return { kind: "tuple", head: target, args: head.args as readonly Expression[] };
  }
  return { kind: "aggregate", head: target, columns: eventColumns(rule, predicate.table?.keys ?? []) };
}

function headPredicate({ head }: CoreRule, context: BodyContext): PredicateSpec {
  return context.predicate(head.name.text, head.args.length);
}
