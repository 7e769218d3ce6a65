import type { CommandSpec } from "../options/command-spec.ts";

interface PsInput {
  readonly json: boolean;
  readonly names: boolean;
}

export const command: CommandSpec<PsInput> = {
  name: "ps",
  arguments: [],
  options: [
    { syntax: "--json", description: "print one JSON object per node" },
    { syntax: "--names", description: "print the names that other commands take as NODE", conflicts: ["json"] },
  ],
  run: async ({ json, names }, { output }) => {
    const { listNodes } = await import("../client/list-nodes.ts");
    const { command: run } = await import("./run.ts");
    await listNodes(names ? "names" : json ? "json" : "text", run.options, output);
  },
};
