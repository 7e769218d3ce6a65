import type { CommandSpec } from "../options/command-spec.ts";
import { LANGUAGE_OPTIONS, type LanguageInput, languageOf } from "../options/language-options.ts";
import { wrongUsage } from "../terminal/failure.ts";

interface EvalInput extends LanguageInput {
  readonly files: readonly string[];
  readonly facts: readonly string[];
  readonly fact: readonly string[];
  readonly print: readonly string[];
  readonly csv: boolean;
  readonly json: boolean;
  readonly count: boolean;
  readonly memory?: number;
}

export const command: CommandSpec<EvalInput> = {
  name: "eval",
  arguments: [
    { syntax: "<files...>", description: "programs; a location among the arguments is an argument like others" },
  ],
  options: [
    ...LANGUAGE_OPTIONS,
    {
      syntax: "--facts <dir>",
      description: "where P.facts (divided by tabs) and P.csv (by commas) hold rows of P",
      isRepeatable: true,
    },
    { syntax: "--fact <fact>", description: "one more fact, as 'p(\"a\", 1)'", isRepeatable: true },
    {
      syntax: "--print <table>",
      description: "a table to print; without any, how many rows each table has",
      isRepeatable: true,
    },
    { syntax: "--csv", description: "divide columns by commas", conflicts: ["json"] },
    { syntax: "--json", description: "print one JSON object a line" },
    { syntax: "--count", description: "print how many rows there are instead of the rows" },
    { syntax: "--memory <mib>", description: "memory that the rows may take", parse: parseMemory },
  ],
  run: async (input, { output }) => {
    const { evaluate } = await import("../run/evaluate.ts");
    const { files, facts, fact, print, csv, count, json, memory } = input;
    const form = { kind: count ? "count" : csv ? "csv" : "facts", json } as const;
    const program = { ...(await languageOf(input)), files, facts: fact };
    evaluate({ ...program, factDirectories: facts, print, form, memory }, output);
  },
};

function parseMemory(text: string): number {
  const mebibytes = Number(text);
  if (Number.isInteger(mebibytes) && mebibytes > 0) return mebibytes;
  throw wrongUsage("--memory", `\`${text}\` is not a number of MiB`);
}
