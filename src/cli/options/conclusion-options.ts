import type { OptionSpec } from "./command-spec.ts";

/** The options of `sim` and `lab` for the end of a run. */
export const CONCLUSION_OPTIONS: readonly OptionSpec[] = [
  { syntax: "--out <folder>", description: "keep logs and results there" },
  { syntax: "--check", description: "exit with 1 when one of the topology's [[checks]] fails" },
  { syntax: "--json", description: "print the summary as one JSON object" },
];

export interface ConclusionInput {
  readonly out?: string;
  readonly check: boolean;
  readonly json: boolean;
}
