import type { CommandSpec } from "../options/command-spec.ts";
import { LANGUAGE_OPTIONS, type LanguageInput, languageOf } from "../options/language-options.ts";
import { PROGRAM_FILES } from "../options/program-options.ts";

interface CheckInput extends LanguageInput {
  readonly files: readonly string[];
  readonly stats: boolean;
  readonly json: boolean;
}

export const command: CommandSpec<CheckInput> = {
  name: "check",
  arguments: [PROGRAM_FILES],
  options: [
    ...LANGUAGE_OPTIONS,
    { syntax: "--stats", description: "print the number of rules" },
    { syntax: "--json", description: "print one JSON object per diagnostic" },
  ],
  run: async (input, { output }) => {
    const { checkFiles } = await import("../explain/check-files.ts");
    const { files, stats, json } = input;
    checkFiles(files, { ...(await languageOf(input)), stats, json }, output);
  },
};
