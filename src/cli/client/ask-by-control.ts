import type { Reply } from "../../../runtime/control/reply.ts";
import type { Request } from "../../../runtime/control/request.ts";
import { NodeClient } from "./node-client.ts";

/** Returns the replies of the node with this control socket. The last reply may be a refusal. Undefined if the node does not answer. */
export async function askByControl(socket: string, request: Request): Promise<readonly Reply[] | undefined> {
  try {
    const client = await NodeClient.connectTo(socket);
    try {
      const replies: Reply[] = [];
      for await (const reply of client.replies(request)) replies.push(reply);
      return replies;
    } finally {
      client.close();
    }
  } catch {
    return undefined;
  }
}
