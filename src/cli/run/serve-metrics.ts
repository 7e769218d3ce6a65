import type { HostPort } from "../../../runtime/plan/values/host-port.ts";
import type { Node } from "../../../runtime/node/node.ts";
import type { MetricFamily } from "../../../runtime/observe/exposition.ts";
import { type MetricsServer, openMetricsServer } from "../../../runtime/observe/metrics-server.ts";
import { metricsOf, metricsOfNodes } from "../../../runtime/observe/metrics.ts";
import { runFailed } from "../terminal/failure.ts";
import { processMetrics } from "./process-metrics.ts";

/** Metrics of the nodes of a process, and whether the nodes are ready: they start, run or shut down. */
export class ServedNodes {
  #nodes: readonly Node[] = [];
  #state = "the node is starting";

  metrics(): readonly MetricFamily[] {
    const snapshots = this.#nodes.map((node) => node.metrics());
    const [only] = snapshots;
    const families = snapshots.length === 1 && only !== undefined ? metricsOf(only) : metricsOfNodes(snapshots);
    return [...families, ...processMetrics()];
  }

  unready(): string | undefined {
    if (this.#state !== "") return this.#state;
    const problems = this.#nodes
      .flatMap((node) => node.trafficMetrics().devices)
      .flatMap(({ problem }) => problem ?? []);
    return problems.length === 0 ? undefined : problems.join("; ");
  }

  setRunning(nodes: readonly Node[]): void {
    this.#nodes = nodes;
    this.#state = "";
  }

  setStopping(): void {
    this.#state = "the node is shutting down";
  }
}

/** Opens the metrics server. Called before the node starts, so that a port in use is reported before anything else happens. */
export async function serveMetrics(at: HostPort, nodes: ServedNodes): Promise<MetricsServer> {
  const opened = await openMetricsServer(at, nodes);
  if (!opened.ok) throw runFailed(`--metrics: ${opened.message}`);
  return opened.server;
}
