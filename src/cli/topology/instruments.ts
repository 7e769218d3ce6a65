import type { NodeInstruments } from "../../../lab/simulator/simulated-nodes.ts";
import type { Node } from "../../../runtime/node/node.ts";
import { inspectNode } from "../client/inspect-node.ts";
import { DropReports, dropsIn } from "../run/drop-reports.ts";
import { dropSummary } from "../run/drop-summary.ts";

/** Attaches to a simulated node what `mosaic run` attaches to a real one: the log of drops, the summary at the end, and the metrics. */
export function instrument(node: Node): NodeInstruments {
  const reports = new DropReports();
  return {
    sample: () => reports.sample(dropsIn(node.trafficMetrics())).map((one) => one.message),
    summary: () => dropSummary(node.counters, node.plan),
    state: () => inspectNode(node),
  };
}
