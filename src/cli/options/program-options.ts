import type { ArgumentSpec, OptionSpec } from "./command-spec.ts";

/** The programs that a command compiles. */
export const PROGRAM_FILES: ArgumentSpec = {
  syntax: "<files...>",
  description: "program files; a name without a slash may be a shipped program, as in ron.mzl; - is the standard input",
};

/** The programs of a command that can do without. */
export const OPTIONAL_PROGRAM_FILES: ArgumentSpec = { ...PROGRAM_FILES, syntax: "[files...]" };

/** The options that add facts to a program. */
export const FACT_OPTIONS: readonly OptionSpec[] = [
  { syntax: "--fact <fact>", description: "add a fact, as in 'p(\"a\", 1)'", isRepeatable: true },
  {
    syntax: "--facts <dir>",
    description: "add the rows of P.facts (columns separated by tabs) and P.csv (by commas) to each table P",
    isRepeatable: true,
  },
];

export interface FactInput {
  readonly fact: readonly string[];
  readonly facts: readonly string[];
}
