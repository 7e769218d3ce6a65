import type { HostPort } from "../../../runtime/plan/values/host-port.ts";
import type { Node } from "../../../runtime/node/node.ts";
import { type MetricsServer, openMetricsServer } from "../../../runtime/observe/metrics-server.ts";
import { metricsOf } from "../../../runtime/observe/metrics.ts";
import { runFailed } from "../terminal/failure.ts";
import { processMetrics } from "./process-metrics.ts";

/** Metrics and readiness of a node that starts, runs or shuts down. */
export class ServedNode {
  #node: Node | undefined;
  #state = "the node is starting";

  metrics(): ReturnType<typeof metricsOf> {
    return [...(this.#node === undefined ? [] : metricsOf(this.#node.metrics())), ...processMetrics()];
  }

  unready(): string | undefined {
    return this.#state === "" ? this.#node?.trafficMetrics().tun?.problem : this.#state;
  }

  setRunning(node: Node): void {
    this.#node = node;
    this.#state = "";
  }

  setStopping(): void {
    this.#state = "the node is shutting down";
  }
}

/** Opens the metrics server. Called before the node starts, so that a port in use is reported before anything else happens. */
export async function serveMetrics(at: HostPort, node: ServedNode): Promise<MetricsServer> {
  const opened = await openMetricsServer(at, node);
  if (!opened.ok) throw runFailed(`--metrics: ${opened.message}`);
  return opened.server;
}
