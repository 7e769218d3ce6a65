import type { NodeState } from "../../../lab/outcome/inspection.ts";
import type { Node } from "../../../runtime/node/node.ts";
import { encodeTuple, type JsonTuple } from "../../../runtime/plan/values/json-value.ts";
import { diagnoseFailures } from "./diagnose-node.ts";
import { NodeClient } from "./node-client.ts";
import { fetchMetrics } from "./show-metrics.ts";

/** Returns the state of a node of this process. To be called between two steps. */
export function inspectNode(node: Node): NodeState {
  const metrics = node.metrics();
  const rows = metrics.tables.flatMap(({ table }) =>
    isInternal(table) ? [] : (node.rows(table) ?? []).map((values) => encodeTuple(table, values)),
  );
  return { metrics, problems: diagnoseFailures(metrics), rows };
}

/** Returns the state of the node with this control socket. Returns undefined if the node does not answer. */
export async function inspectByControl(socket: string): Promise<NodeState | undefined> {
  try {
    const client = await NodeClient.connect(socket);
    try {
      return await readState(client);
    } finally {
      client.close();
    }
  } catch {
    return undefined;
  }
}

async function readState(client: NodeClient): Promise<NodeState> {
  const { control: _, ...metrics } = await fetchMetrics(client);
  const rows: JsonTuple[] = [];
  for (const { table } of metrics.tables) {
    if (isInternal(table)) continue;
    for await (const reply of client.request({ kind: "query", text: table, form: "json" }))
      if ("rows" in reply) for (const values of reply.rows as readonly JsonTuple[]) rows.push([table, ...values]);
  }
  return { metrics, problems: diagnoseFailures(metrics), rows };
}

/** Whether the compiler made the table. Its name cannot stand in a query. */
function isInternal(table: string): boolean {
  return table.includes("?");
}
