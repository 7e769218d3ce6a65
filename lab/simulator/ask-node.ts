import type { Control } from "../../runtime/control/control.ts";
import type { Reply } from "../../runtime/control/reply.ts";
import { PROTOCOL_VERSION, type Request } from "../../runtime/control/request.ts";
import { Session } from "../../runtime/control/session.ts";

/** Sends a request to a simulated node, as a client of its control socket would. Returns all replies. Called between two steps. */
export function askNode(control: Control, { kind, ...fields }: Request): readonly Reply[] {
  const replies: Reply[] = [];
  const session = new Session(control, {
    send: (line) => {
      replies.push(JSON.parse(line) as Reply);
      return true;
    },
  });
  session.line(JSON.stringify({ v: PROTOCOL_VERSION, id: 0, do: kind, ...fields }));
  session.close();
  return replies;
}
