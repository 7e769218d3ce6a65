import { actionsHelp, controlRequest } from "../client/control-request.ts";
import { parseGrace } from "../options/grace.ts";
import type { CommandSpec } from "../options/command-spec.ts";
import { NODE_ARGUMENT } from "../options/node-argument.ts";

interface CtlInput {
  readonly node: string;
  readonly action: string;
  readonly args: readonly string[];
  readonly listen?: string;
  readonly grace?: number;
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
    {
      syntax: "--grace <duration>",
      description: "with rebind: time for which the overlay also answers to its old address (60s if omitted)",
      parse: parseGrace,
    },
    { syntax: "--json", description: "print the report of a program swap as one JSON object" },
  ],
  run: async ({ node, action, args, listen, grace, json }, { output }) => {
    const request = controlRequest(action, args, { listen, grace });
    const { controlNode } = await import("../client/control-node.ts");
    await controlNode(node, request, json, output);
  },
};
