import type { SwapReport } from "../../../runtime/node/program-swap.ts";
import type { Request } from "../../../runtime/control/request.ts";
import { NodeClient } from "./node-client.ts";
import type { Output } from "../terminal/output.ts";

/** `mosaic ctl NODE ...`: changes a running node. */
export async function controlNode(node: string, request: Request, json: boolean, output: Output): Promise<void> {
  const client = await NodeClient.connect(node);
  try {
    for await (const reply of client.request(request)) {
      if (!("succession" in reply)) continue;
      const { succession, files } = reply;
      if (json) output.result(JSON.stringify({ files, ...succession }));
      else for (const line of successionLines(succession, files)) output.result(line);
    }
  } finally {
    client.close();
  }
}

/** What the node runs now, and what became of its tables: what was lost last, where it is seen. */
function successionLines({ kept, derived, lost, added }: SwapReport, files: readonly string[]): readonly string[] {
  const rows = kept.reduce((sum, table) => sum + table.rows, 0);
  return [
    `running ${files.join(" ")}`,
    `kept: ${kept.length} tables with ${rows} rows`,
    ...(derived.length === 0 ? [] : [`derived anew: ${derived.join(", ")}`]),
    ...(added.length === 0 ? [] : [`new: ${added.join(", ")}`]),
    ...lost.map(({ table, rows: gone, why }) => `${why}: ${table}, ${gone} rows lost`),
  ];
}
