import type { OptionSpec } from "./command-spec.ts";

/** Options of `sim` and `lab` about the report of a run. */
export const CONCLUSION_OPTIONS: readonly OptionSpec[] = [
  { syntax: "--out <folder>", description: "folder for logs and results" },
  {
    syntax: "--plot <folder>",
    description: "draw the [[plots]] of the topology: CSV, SVG and PNG files in this folder",
  },
  { syntax: "--check", description: "exit with code 1 if one of the [[checks]] of the topology fails" },
  { syntax: "--json", description: "print the summary as one JSON object" },
];

export interface ConclusionInput {
  readonly out?: string;
  readonly plot?: string;
  readonly check: boolean;
  readonly json: boolean;
}
