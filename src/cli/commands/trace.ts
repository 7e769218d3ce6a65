import type { CommandSpec } from "../options/command-spec.ts";
import { NODE_ARGUMENT } from "../options/node-argument.ts";

interface TraceInput {
  readonly node: string;
  readonly predicate: string | undefined;
  readonly json: boolean;
}

export const command: CommandSpec<TraceInput> = {
  name: "trace",
  arguments: [
    NODE_ARGUMENT,
    { syntax: "[predicate]", description: "trace only tuples of this predicate, also inside packets of overlays" },
  ],
  options: [{ syntax: "--json", description: "print one JSON object per line" }],
  run: async ({ node, predicate, json }, { output }) => {
    const { traceNode } = await import("../client/trace-node.ts");
    await traceNode(node, predicate, json, output);
  },
};
