import type { CommandSpec } from "../options/command-spec.ts";
import { LANGUAGE_OPTIONS, type LanguageInput, languageOf } from "../options/language-options.ts";

interface CheckInput extends LanguageInput {
  readonly files: readonly string[];
  readonly stats: boolean;
  readonly json: boolean;
}

export const command: CommandSpec<CheckInput> = {
  name: "check",
  arguments: [{ syntax: "<files...>", description: "" }],
  options: [
    ...LANGUAGE_OPTIONS,
    { syntax: "--stats", description: "count the rules" },
    { syntax: "--json", description: "print one JSON object a line" },
  ],
  run: async (input, { output }) => {
    const { checkFiles } = await import("../explain/check-files.ts");
    const { files, stats, json } = input;
    checkFiles(files, { ...(await languageOf(input)), stats, json }, output);
  },
};
