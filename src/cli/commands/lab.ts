import type { CommandSpec } from "../options/command-spec.ts";
import { CONCLUSION_OPTIONS, type ConclusionInput } from "../options/conclusion-options.ts";
import { wrongUsage } from "../terminal/failure.ts";

interface LabInput extends ConclusionInput {
  readonly topology: string | undefined;
  readonly clean: boolean;
}

export const command: CommandSpec<LabInput> = {
  name: "lab",
  arguments: [{ syntax: "[topology]", description: "a topology file, as in lab/demo/ron.toml" }],
  options: [
    { syntax: "--clean", description: "first remove namespaces and files that killed labs left" },
    ...CONCLUSION_OPTIONS,
  ],
  run: async ({ topology, clean, out, check, json }, { output }) => {
    if (topology === undefined && !clean) {
      throw wrongUsage("lab", "a topology file is missing, as in `mosaic lab lab/demo/ron.toml`");
    }
    const { cleanLabs, runLab } = await import("../topology/run-lab.ts");
    if (clean) cleanLabs(output, !json ? "text" : topology === undefined ? "json" : "messages");
    if (topology !== undefined) await runLab(topology, { backend: "kernel", out, check, json }, output);
  },
};
