import type { CommandSpec } from "../options/command-spec.ts";
import { CONCLUSION_OPTIONS, type ConclusionInput } from "../options/conclusion-options.ts";
import { wrongUsage } from "../terminal/failure.ts";

interface LabInput extends ConclusionInput {
  readonly topology: string | undefined;
  readonly host: string | undefined;
  readonly command: readonly string[];
  readonly clean: boolean;
  readonly stay: boolean;
}

export const command: CommandSpec<LabInput> = {
  name: "lab",
  arguments: [
    { syntax: "[topology]", description: "a topology file, as in lab/demo/ron.toml; or exec" },
    { syntax: "[host]", description: "exec: a host of the running lab that was started last" },
    { syntax: "[command...]", description: "exec: command to run there, after -- if it has options; default: a shell" },
  ],
  options: [
    { syntax: "--stay", description: "keep the hosts after the run, until Ctrl-C" },
    { syntax: "--clean", description: "first remove namespaces and files that killed labs left" },
    ...CONCLUSION_OPTIONS,
  ],
  run: async ({ topology, host, command: words, clean, stay, out, plot, check, json }, { output }) => {
    if (topology === "exec") {
      const { execInLab } = await import("../topology/exec-in-lab.ts");
      return execInLab(host, words);
    }
    if (host !== undefined) throw wrongUsage("lab", `one topology, not \`${host}\` too; \`exec HOST\` enters a host`);
    if (topology === undefined && !clean) {
      throw wrongUsage("lab", "a topology file is missing, as in `mosaic lab lab/demo/ron.toml`");
    }
    const { cleanLabs, runLab } = await import("../topology/run-lab.ts");
    if (clean) cleanLabs(output, !json ? "text" : topology === undefined ? "json" : "messages");
    if (topology !== undefined) await runLab(topology, { backend: "kernel", stay, out, plot, check, json }, output);
  },
};
