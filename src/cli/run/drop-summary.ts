import { countOf } from "../../../runtime/plan/values/count-of.ts";
import type { NodeCounters } from "../../../runtime/node/node-counters.ts";
import type { Plan } from "../../../runtime/plan/contract/plan.ts";

/** Lines for the log at the end of a run: drops by reason, and for each rule the failed derivations and the tuples above the send rate. */
export function dropSummary({ drops, engine, failedAggregates }: NodeCounters, { strands }: Plan): readonly string[] {
  const byRule = strands.flatMap(({ id, origin }) => {
    const rule = `rule ${origin.rule} (${origin.file}:${origin.line})`;
    const [failed = 0, limited = 0] = [engine.failed[id], engine.limited[id]];
    return [
      ...(failed === 0 ? [] : [`${rule}: ${countOf(failed, "derivation")} failed: an expression had no value`]),
      ...(limited === 0
        ? []
        : [`${rule}: ${countOf(limited, "tuple")} not sent: too many for one location (--send-rate)`]),
    ];
  });
  const dropped = [...drops].map(([reason, count]) => `dropped, ${reason}: ${count}`);
  const aggregates = failedAggregates === 0 ? [] : [`aggregates that had no value: ${failedAggregates}`];
  return [...dropped, ...byRule, ...aggregates];
}
