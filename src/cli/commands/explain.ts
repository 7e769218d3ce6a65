import type { ExplainForm } from "../explain/explain-files.ts";
import type { CommandSpec, OptionSpec } from "../options/command-spec.ts";
import { LANGUAGE_OPTIONS, type LanguageInput, languageOf } from "../options/language-options.ts";
import { wrongUsage } from "../terminal/failure.ts";

/** What is explained, and how; one of these at a time, the dataflow as text when none is given. */
const FORMS: readonly OptionSpec[] = [
  { syntax: "--mermaid", description: "the dataflow as a Mermaid flowchart" },
  { syntax: "--dot", description: "the dataflow for Graphviz" },
  { syntax: "--svg", description: "the dataflow as a drawing" },
  { syntax: "--ndlog", description: "the rules after the views are expanded" },
  { syntax: "--js", description: "the functions that the rules become" },
  {
    syntax: "--element <name>",
    description: "what an element of the dataflow takes, gives and drops, as --element LocSpecDemux",
  },
  { syntax: "--code <code>", description: "what a diagnostic means, as --code E0215" },
];

interface ExplainInput extends LanguageInput, Partial<Readonly<Record<ExplainForm, boolean>>> {
  readonly files: readonly string[];
  readonly rule?: string;
  readonly code?: string;
  readonly element?: string;
}

export const command: CommandSpec<ExplainInput> = {
  name: "explain",
  arguments: [{ syntax: "[files...]", description: "programs; a bare name may be a shipped one, as ron.mzl" }],
  options: [...LANGUAGE_OPTIONS, { syntax: "--rule <name>", description: "only this rule" }, ...exclusive(FORMS)],
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
    if (files.length === 0) throw wrongUsage("explain", "name a program, as ron.mzl");
    const form = (["mermaid", "dot", "svg", "ndlog", "js"] as const).find((name) => input[name] === true) ?? "text";
    const { explainFiles } = await import("../explain/explain-files.ts");
    explainFiles(files, { ...(await languageOf(input)), rule, form }, output);
  },
};

/** The same options, each in conflict with all others. */
function exclusive(options: readonly OptionSpec[]): readonly OptionSpec[] {
  const names = options.map(({ syntax }) => syntax.replace(/^--| .*/g, ""));
  return options.map((option, at) => ({ ...option, conflicts: names.toSpliced(at, 1) }));
}
