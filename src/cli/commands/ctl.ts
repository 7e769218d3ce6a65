import { actionsHelp, controlRequest } from "../client/control-request.ts";
import type { CommandSpec } from "../options/command-spec.ts";
import { NODE_ARGUMENT } from "../options/node-argument.ts";

interface CtlInput {
  readonly node: string;
  readonly action: string;
  readonly args: readonly string[];
  readonly listen?: string;
  readonly json: boolean;
}

export const command: CommandSpec<CtlInput> = {
  name: "ctl",
  arguments: [
    NODE_ARGUMENT,
    { syntax: "<action>", description: actionsHelp() },
    { syntax: "[args...]", description: "the fact, the file, or the overlay and its address" },
  ],
  options: [
    { syntax: "--listen <host:port>", description: "with rebind: address to which the socket of the node moves" },
    { syntax: "--json", description: "print the report of a program swap as one JSON object" },
  ],
  run: async ({ node, action, args, listen, json }, { output }) => {
    const request = controlRequest(action, args, listen);
    const { controlNode } = await import("../client/control-node.ts");
    await controlNode(node, request, json, output);
  },
};
