import type { CommandSpec } from "../options/command-spec.ts";
import { NODE_ARGUMENT } from "../options/node-argument.ts";

interface QueryInput {
  readonly node: string;
  readonly question: string;
  readonly json: boolean;
}

export const command: CommandSpec<QueryInput> = {
  name: "query",
  arguments: [
    NODE_ARGUMENT,
    { syntax: "<question>", description: "a table, or a rule body as 'ron.RT(To, Next, C), C > 0.1'" },
  ],
  options: [{ syntax: "--json", description: "print one JSON object a line" }],
  run: async ({ node, question, json }, { output }) => {
    const { queryNode } = await import("../client/query-node.ts");
    await queryNode(node, question, json, output);
  },
};
