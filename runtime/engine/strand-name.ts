import type { Plan } from "../plan/contract/plan.ts";

/**
 * Name of a strand that stays the same when other rules change: the rule's name, and the strand's position among the strands of the rule.
 * Random streams and counters of strands are found by this name.
 */
export function strandName({ strands }: Plan, strand: number): string {
  const rule = strands[strand]?.origin.rule ?? "?";
  const position = strands.slice(0, strand).filter((other) => other.origin.rule === rule).length;
  return `rule ${rule}/${position}`;
}
