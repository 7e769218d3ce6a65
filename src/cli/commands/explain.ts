import type { ExplainForm } from "../explain/explain-files.ts";
import type { CommandSpec, OptionSpec } from "../options/command-spec.ts";
import { LANGUAGE_OPTIONS, type LanguageInput, languageOf } from "../options/language-options.ts";
import { PROGRAM_FILES } from "../options/program-options.ts";
import { wrongUsage } from "../terminal/failure.ts";

/** Forms of the output, one at a time. Without any, the output is the dataflow as text. */
const FORMS: readonly OptionSpec[] = [
  { syntax: "--mermaid", description: "print the dataflow as a Mermaid flowchart" },
  { syntax: "--dot", description: "print the dataflow as a Graphviz digraph" },
  { syntax: "--svg", description: "print the dataflow as an SVG drawing" },
  { syntax: "--ndlog", description: "print the rules after view expansion" },
  { syntax: "--js", description: "print the functions that the rules are compiled to" },
  {
    syntax: "--element <name>",
    description: "print the manual of an element, as in --element LocSpecDemux",
  },
  { syntax: "--code <code>", description: "print the page of a diagnostic, as in --code E0215" },
];

interface ExplainInput extends LanguageInput, Partial<Readonly<Record<ExplainForm, boolean>>> {
  readonly files: readonly string[];
  readonly rule?: string;
  readonly code?: string;
  readonly element?: string;
}

export const command: CommandSpec<ExplainInput> = {
  name: "explain",
  arguments: [{ ...PROGRAM_FILES, syntax: "[files...]" }],
  options: [
    ...LANGUAGE_OPTIONS,
    { syntax: "--rule <name>", description: "explain only this rule" },
    ...exclusive(FORMS),
  ],
  run: async (input, { output }) => {
    const { files, code, element, rule } = input;
    if (code !== undefined) {
      const { codePage } = await import("../explain/code-page.ts");
      return output.result(codePage(code));
    }
    if (element !== undefined) {
      const { elementPage } = await import("../explain/element-page.ts");
      return output.result(elementPage(element));
    }
    if (files.length === 0) throw wrongUsage("explain", "name a program, as in ron.mzl");
    const form = (["mermaid", "dot", "svg", "ndlog", "js"] as const).find((name) => input[name] === true) ?? "text";
    const { explainFiles } = await import("../explain/explain-files.ts");
    explainFiles(files, { ...(await languageOf(input)), rule, form }, output);
  },
};

/** Makes each option conflict with all others. */
function exclusive(options: readonly OptionSpec[]): readonly OptionSpec[] {
  const names = options.map(({ syntax }) => syntax.replace(/^--| .*/g, ""));
  return options.map((option, at) => ({ ...option, conflicts: names.toSpliced(at, 1) }));
}
