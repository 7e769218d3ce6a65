import { type Shell, SHELLS } from "../completion/shells.ts";
import type { CommandSpec } from "../options/command-spec.ts";

interface CompletionInput {
  readonly shell: Shell;
}

export const command: CommandSpec<CompletionInput> = {
  name: "completion",
  arguments: [{ syntax: "<shell>", description: "the shell", choices: SHELLS }],
  options: [],
  run: async ({ shell }, { output, describeCommands }) => {
    const { completionScript } = await import("../completion/completion-script.ts");
    output.result(completionScript(shell, await describeCommands()).trimEnd());
  },
};
