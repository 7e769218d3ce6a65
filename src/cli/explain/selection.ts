import type { Graph } from "../../../runtime/plan/contract/graph.ts";
import type { Plan, StrandSpec } from "../../../runtime/plan/contract/plan.ts";

/** The part of a plan that is explained: all of it, or the strands of one rule. */
export interface Selection {
  readonly plan: Plan;
  readonly rules: readonly SelectedRule[];
  /** The graph without the strands of other rules. */
  readonly graph: Graph;
}

export interface SelectedRule {
  readonly name: string;
  readonly strands: readonly StrandSpec[];
}

export function selectAll(plan: Plan): Selection {
  return { plan, rules: rulesOf(plan), graph: plan.graph };
}

/** Selects the rule `name`, or all rules with that name in any overlay: `p2` selects `ron.p2`. Undefined if there is none. */
export function selectRule(plan: Plan, name: string): Selection | undefined {
  const all = rulesOf(plan);
  const exact = all.filter((rule) => rule.name === name);
  const rules = exact.length > 0 ? exact : all.filter((rule) => rule.name.endsWith(`.${name}`));
  if (rules.length === 0) return undefined;
  const selected = new Set(rules.flatMap((rule) => rule.strands.map((strand) => strand.id)));
  const nodes = plan.graph.nodes.filter((node) => node.strand === undefined || selected.has(node.strand));
  const ids = new Set(nodes.map((node) => node.id));
  const edges = plan.graph.edges.filter((edge) => ids.has(edge.from) && ids.has(edge.to));
  return { plan, rules, graph: { nodes, edges } };
}

function rulesOf(plan: Plan): readonly SelectedRule[] {
  const ruleNames = new Set(plan.strands.map((strand) => strand.origin.rule));
  return [...ruleNames].map((name) => ({
    name,
    strands: plan.strands.filter((strand) => strand.origin.rule === name),
  }));
}
