import { VERSION } from "../files/version.ts";
import type { CommandSpec } from "../options/command-spec.ts";

export const command: CommandSpec<object> = {
  name: "man",
  arguments: [],
  options: [],
  run: async (_, { output, describeCommands }) => {
    const { manualPage } = await import("../completion/manual-page.ts");
    output.result(manualPage(await describeCommands(), VERSION).trimEnd());
  },
};
