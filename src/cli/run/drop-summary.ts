import type { NodeCounters } from "../../../runtime/node/node.ts";
import type { Plan } from "../../../runtime/plan/contract/plan.ts";

/** Lines for the log at the end of a run: drops by reason, and derivations that failed by rule. */
export function dropSummary({ drops, engine, failedAggregates }: NodeCounters, { strands }: Plan): readonly string[] {
  const failed = strands.flatMap(({ id, origin }) => {
    const count = engine.failed[id] ?? 0;
    if (count === 0) return [];
    const rule = `rule ${origin.rule} (${origin.file}:${origin.line})`;
    return [`${rule}: ${count} derivations failed: an expression had no value`];
  });
  const dropped = [...drops].map(([reason, count]) => `dropped, ${reason}: ${count}`);
  const aggregates = failedAggregates === 0 ? [] : [`aggregates that had no value: ${failedAggregates}`];
  return [...dropped, ...failed, ...aggregates];
}
