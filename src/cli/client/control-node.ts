import type { Request } from "../../../runtime/control/request.ts";
import { jsonText } from "../terminal/json-text.ts";
import type { Output } from "../terminal/output.ts";
import { swapLines } from "../terminal/swap-lines.ts";
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
