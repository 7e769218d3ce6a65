import type { CommandSpec } from "../options/command-spec.ts";
import { LANGUAGE_OPTIONS, type LanguageInput, languageOf } from "../options/language-options.ts";
import { parseMemory } from "../options/memory.ts";
import { FACT_OPTIONS, type FactInput, PROGRAM_FILES } from "../options/program-options.ts";

interface EvalInput extends LanguageInput, FactInput {
  readonly files: readonly string[];
  readonly print: readonly string[];
  readonly csv: boolean;
  readonly json: boolean;
  readonly count: boolean;
  readonly memory?: number;
}

export const command: CommandSpec<EvalInput> = {
  name: "eval",
  arguments: [PROGRAM_FILES],
  options: [
    ...LANGUAGE_OPTIONS,
    ...FACT_OPTIONS,
    {
      syntax: "--print <table>",
      description: "print a table; without this option, print the number of rows of each table",
      isRepeatable: true,
    },
    { syntax: "--csv", description: "print comma-separated values", conflicts: ["json"] },
    { syntax: "--json", description: "print one JSON object per row" },
    { syntax: "--count", description: "print the number of rows instead of the rows" },
    {
      syntax: "--memory <mib>",
      description: "limit of the memory for tables, in MiB (1024 if omitted)",
      parse: parseMemory,
    },
  ],
  run: async (input, { output }) => {
    const { evaluate } = await import("../run/evaluate.ts");
    const { files, facts, fact, print, csv, count, json, memory } = input;
    const form = { kind: count ? "count" : csv ? "csv" : "facts", json } as const;
    const program = { ...(await languageOf(input)), files, facts: fact };
    evaluate({ ...program, factDirectories: facts, print, form, memory }, output);
  },
};
