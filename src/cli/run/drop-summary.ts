import type { NodeCounters } from "../../../runtime/node/node.ts";
import type { Plan } from "../../../runtime/plan/contract/plan.ts";

/** What a node would otherwise take with it in silence. */
export function dropSummary({ drops, engine, failedAggregates }: NodeCounters, { strands }: Plan): readonly string[] {
  const failed = strands.flatMap(({ id, origin }) => {
    const count = engine.failed[id] ?? 0;
    return count === 0
      ? []
      : [`rule ${origin.rule} (${origin.file}:${origin.line}): ${count} derivations had no value`];
  });
  const dropped = [...drops].map(([reason, count]) => `dropped, ${reason}: ${count}`);
  const aggregates = failedAggregates === 0 ? [] : [`aggregates without a value: ${failedAggregates}`];
  return [...dropped, ...failed, ...aggregates];
}
