import { setTimeout as sleep } from "node:timers/promises";
import type { ControlMetrics } from "../../../runtime/control/reply.ts";
import type { MetricsSnapshot } from "../../../runtime/observe/metrics-snapshot.ts";
import { runFailed } from "../terminal/failure.ts";
import { interruptSignal } from "../terminal/interrupt.ts";
import { jsonText } from "../terminal/json-text.ts";
import type { Output } from "../terminal/output.ts";
import { diagnoseNode } from "./diagnose-node.ts";
import { metricsScreen, type ScreenSize } from "./metrics-screen.ts";
import { NodeClient } from "./node-client.ts";

export interface TopOptions {
  readonly once: boolean;
  readonly json: boolean;
}

const REFRESH_MS = 1000;
/** Minimum size of a terminal for which the screen is fitted. A terminal of unknown size reports 0. */
const MIN_COLUMNS = 20;
const MIN_ROWS = 4;
const HOME_AND_CLEAR = "\u001b[H\u001b[J";

/** Metrics of a node and of its control socket. */
export interface NodeMetrics extends MetricsSnapshot {
  readonly control: ControlMetrics;
}

/** `mosaic top NODE`: prints the metrics of a node, every second on a terminal, otherwise once. */
export async function showMetrics(node: string, { once, json }: TopOptions, output: Output): Promise<void> {
  const interrupted = interruptSignal();
  const client = await NodeClient.connect(node);
  interrupted.addEventListener("abort", () => client.close());
  try {
    const first = await fetchMetrics(client);
    if (json) return output.result(jsonText({ problems: diagnoseNode(first), ...first }));
    if (once || !process.stdout.isTTY) return show(first, undefined, "", output);
    for (let before: NodeMetrics | undefined, now = first; ; before = now, now = await fetchMetrics(client)) {
      show(now, before, HOME_AND_CLEAR, output);
      await sleep(REFRESH_MS, undefined, { signal: interrupted });
    }
  } catch (error: unknown) {
    if (!interrupted.aborted) throw error;
  } finally {
    client.close();
  }
}

function show(now: NodeMetrics, before: NodeMetrics | undefined, prefix: string, output: Output): void {
  const lines = metricsScreen(now, before, prefix === "" ? undefined : terminalSize());
  if (prefix !== "") process.stdout.write(prefix);
  output.result(lines.join("\n"));
}

/** Returns the size of the terminal, without the last row, which is left to the cursor. */
function terminalSize(): ScreenSize {
  if (!process.stdout.isTTY) return { columns: Infinity, rows: Infinity };
  const { columns, rows } = process.stdout;
  return { columns: Math.max(columns, MIN_COLUMNS), rows: Math.max(rows - 1, MIN_ROWS) };
}

/** Requests the metrics of a node. */
export async function fetchMetrics(client: NodeClient): Promise<NodeMetrics> {
  let metrics: NodeMetrics | undefined;
  for await (const reply of client.request({ kind: "metrics" }))
    if ("metrics" in reply) metrics = { ...reply.metrics, control: reply.control };
  if (metrics === undefined) throw runFailed("the node sent no metrics");
  return metrics;
}
