import type { CommandSpec } from "../options/command-spec.ts";
import { NODE_ARGUMENT } from "../options/node-argument.ts";

interface TopInput {
  readonly node: string;
  readonly once: boolean;
  readonly json: boolean;
}

export const command: CommandSpec<TopInput> = {
  name: "top",
  arguments: [NODE_ARGUMENT],
  options: [
    { syntax: "--once", description: "print the metrics once, even on a terminal" },
    { syntax: "--json", description: "print the metrics once, as one JSON object" },
  ],
  run: async ({ node, ...options }, { output }) => {
    const { showMetrics } = await import("../client/show-metrics.ts");
    await showMetrics(node, options, output);
  },
};
