import type { NodeInstruments } from "../../../lab/simulator/simulated-nodes.ts";
import type { Node } from "../../../runtime/node/node.ts";
import { inspectNode } from "../client/inspect-node.ts";
import { type DropCount, DropReports, dropsIn } from "../run/drop-reports.ts";
import { dropSummary, failedRules } from "../run/drop-summary.ts";

/** Attaches the instruments of `mosaic run` to a simulated node: its log of drops, its summary at the end, and its metrics. */
export function instrument(node: Node): NodeInstruments {
  const reports = new DropReports();
  return {
    sample: () => reports.sample([...dropsIn(node.trafficMetrics()), ...failuresIn(node)]).map((one) => one.message),
    summary: () => dropSummary(node.counters, node.plan),
    state: () => inspectNode(node),
  };
}

/** Derivations that had no value, by rule. */
function failuresIn(node: Node): readonly DropCount[] {
  return failedRules(node.counters, node.plan).map(({ rule, count }) => ({
    message: `${rule}: derivations that failed because an expression had no value`,
    fields: {},
    count,
  }));
}
