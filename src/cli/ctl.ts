import type { Request } from "../../runtime/control/request.ts";
import { nearest } from "../1-check/nearest.ts";
import { Failure, wrongUsage } from "./failure.ts";
import { NodeClient } from "./node-client.ts";

interface Action {
  readonly description: string;
  /** What the action is done with, where it takes something. */
  readonly needs: string | undefined;
  readonly request: (what: string) => Request;
}

const actions: ReadonlyMap<string, Action> = new Map<string, Action>([
  [
    "insert",
    {
      description: "a row, or an event to raise",
      needs: "a fact, as 'ron.member(\"10.0.0.4:10000\")'",
      request: (text) => ({ kind: "insert", text }),
    },
  ],
  [
    "delete",
    {
      description: "the row with the key of the fact",
      needs: "a fact, as 'ron.member(\"10.0.0.4:10000\")'",
      request: (text) => ({ kind: "delete", text }),
    },
  ],
]);

export function actionsHelp(): string {
  return [...actions].map(([name, { description }]) => `${name}: ${description}`).join("; ");
}

/** What the words after NODE ask for. */
export function ctlRequest(name: string, what: string | undefined): Request {
  const action = actions.get(name);
  if (action === undefined) {
    const similar = nearest(name, actions.keys());
    const hint = similar === undefined ? `there are ${[...actions.keys()].join(", ")}` : `did you mean ${similar}?`;
    throw new Failure(2, `ctl: there is no action \`${name}\`; ${hint}`);
  }
  if (action.needs !== undefined && what === undefined) throw wrongUsage(`ctl ${name}`, `it needs ${action.needs}`);
  if (action.needs === undefined && what !== undefined) throw wrongUsage(`ctl ${name}`, "it takes nothing more");
  return action.request(what ?? "");
}

/** `mosaic ctl NODE ...`: changes a running node. */
export async function controlNode(node: string, request: Request): Promise<void> {
  const client = await NodeClient.connect(node);
  try {
    for await (const _reply of client.request(request)) continue;
  } finally {
    client.close();
  }
}
