import type { HostPort } from "../../../runtime/ip/host-port.ts";
import type { Node } from "../../../runtime/node/node.ts";
import { metricsOf } from "../../../runtime/observe/metrics.ts";
import { type MetricsServer, openMetricsServer } from "../../../runtime/observe/metrics-server.ts";
import { runFailed } from "../terminal/failure.ts";
import { processMetrics } from "./process-metrics.ts";

/** What the server tells of a node that is still to come, running, or going. */
export class ServedNode {
  #node: Node | undefined;
  #state = "the node is starting";

  metrics(): ReturnType<typeof metricsOf> {
    return [...(this.#node === undefined ? [] : metricsOf(this.#node.metrics())), ...processMetrics()];
  }

  unready(): string | undefined {
    return this.#state === "" ? undefined : this.#state;
  }

  setRunning(node: Node): void {
    this.#node = node;
    this.#state = "";
  }

  setStopping(): void {
    this.#state = "the node is shutting down";
  }
}

/** The port is taken before the node runs, so that one that is in use stops it in time. */
export async function serveMetrics(at: HostPort, node: ServedNode): Promise<MetricsServer> {
  const opened = await openMetricsServer(at, node);
  if (!opened.ok) throw runFailed(`--metrics: ${opened.message}`);
  return opened.server;
}
