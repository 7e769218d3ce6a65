import type { NodeCounters } from "../../../runtime/node/node.ts";
import type { Plan } from "../../../runtime/plan/contract/plan.ts";

/** Rule with the number of its derivations that failed. */
export interface FailedRule {
  /** Name and position of the rule: `rule p (a.mzl:3)`. */
  readonly rule: string;
  readonly count: number;
}

/** Returns the rules of which derivations failed, because an expression had no value. */
export function failedRules({ engine }: NodeCounters, { strands }: Plan): readonly FailedRule[] {
  return strands.flatMap(({ id, origin }) => {
    const count = engine.failed[id] ?? 0;
    return count === 0 ? [] : [{ rule: `rule ${origin.rule} (${origin.file}:${origin.line})`, count }];
  });
}

/** Lines for the log at the end of a run: drops by reason, and derivations that failed by rule. */
export function dropSummary(counters: NodeCounters, plan: Plan): readonly string[] {
  const { drops, failedAggregates } = counters;
  const failed = failedRules(counters, plan).map(
    ({ rule, count }) => `${rule}: ${count} derivations failed: an expression had no value`,
  );
  const dropped = [...drops].map(([reason, count]) => `dropped, ${reason}: ${count}`);
  const aggregates = failedAggregates === 0 ? [] : [`aggregates that had no value: ${failedAggregates}`];
  return [...dropped, ...failed, ...aggregates];
}
