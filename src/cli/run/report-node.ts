import { countOf } from "../../../runtime/plan/values/count-of.ts";
import type { Log } from "../terminal/log.ts";
import { dropSummary } from "./drop-summary.ts";
import type { HostedNode } from "./hosted-node.ts";

/**
 * Logs the state of a running node, as SIGUSR2 requests: its traffic, then drops and failed derivations. `all` is the log of the
 * process.
 */
export function reportNode({ node, log }: HostedNode, all: Log): void {
  const { network } = node.trafficMetrics();
  const { steps } = node.counters.engine;
  const uptime = node.uptime.toFixed(1);
  const traffic = `${countOf(network.sent, "datagram")} sent, ${network.received} received`;
  all.info(`${node.name}: up ${uptime} s, ${countOf(steps, "step")}, ${traffic}`, {
    uptime: node.uptime,
    steps,
    sent: network.sent,
    received: network.received,
  });
  log.flush();
  for (const line of dropSummary(node.counters, node.plan)) log.info(line);
}
