import type { CommandSpec } from "../options/command-spec.ts";
import { NODE_ARGUMENT } from "../options/node-argument.ts";

interface QueryInput {
  readonly node: string;
  readonly query: string;
  readonly json: boolean;
}

export const command: CommandSpec<QueryInput> = {
  name: "query",
  arguments: [
    NODE_ARGUMENT,
    { syntax: "<query>", description: "a table, or a rule body, as in 'ron.RT(To, Next, C), C > 0.1'" },
  ],
  options: [{ syntax: "--json", description: "print one JSON object per row" }],
  run: async ({ node, query, json }, { output }) => {
    const { queryNode } = await import("../client/query-node.ts");
    await queryNode(node, query, json, output);
  },
};
