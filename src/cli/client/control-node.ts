import type { Request } from "../../../runtime/control/request.ts";
import type { SwapReport } from "../../../runtime/node/program-swap.ts";
import { jsonText } from "../terminal/json-text.ts";
import type { Output } from "../terminal/output.ts";
import { NodeClient, withJsonDiagnostics } from "./node-client.ts";

/** `mosaic ctl NODE ...`: sends a request to a running node and prints the result of a program swap. */
export async function controlNode(node: string, request: Request, json: boolean, output: Output): Promise<void> {
  const client = await NodeClient.connect(node);
  try {
    for await (const reply of client.request(request)) {
      if (!("swap" in reply)) continue;
      const { swap, files } = reply;
      if (json) output.result(jsonText({ files, ...swap }));
      else for (const line of swapLines(swap, files)) output.result(line);
    }
  } catch (error: unknown) {
    throw json ? withJsonDiagnostics(error, output) : error;
  } finally {
    client.close();
  }
}

/** Report of a program swap: the files that run now, then the tables. Lost rows come last, where they are noticed. */
function swapLines({ kept, derived, lost, added }: SwapReport, files: readonly string[]): readonly string[] {
  const rows = kept.reduce((sum, table) => sum + table.rows, 0);
  return [
    `running ${files.join(" ")}`,
    `kept: ${kept.length} tables with ${rows} rows`,
    ...(derived.length === 0 ? [] : [`recomputed: ${derived.join(", ")}`]),
    ...(added.length === 0 ? [] : [`new: ${added.join(", ")}`]),
    ...lost.map(({ table, rows: count, why }) => `${why}: ${table}, ${count} rows lost`),
  ];
}
