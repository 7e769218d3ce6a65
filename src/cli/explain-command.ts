import { type Command, Option } from "commander";
import { type ExplainForm, explainFiles } from "./explain/explain-files.ts";
import { codePage } from "./explain/code-page.ts";
import { elementPage } from "./explain/element-page.ts";
import { wrongUsage } from "./terminal/failure.ts";
import { addLanguageOptions, type LanguageFlags, languageOf } from "./options/language-options.ts";
import { processOutput as output } from "./terminal/output.ts";

/** What is explained, and how; one of these at a time, the dataflow as text when none is given. */
const FORMS: readonly (readonly [flags: string, form: string, description: string])[] = [
  ["--mermaid", "mermaid", "the dataflow as a Mermaid flowchart"],
  ["--dot", "dot", "the dataflow for Graphviz"],
  ["--svg", "svg", "the dataflow as a drawing"],
  ["--ndlog", "ndlog", "the rules after the views are expanded"],
  ["--js", "js", "the functions that the rules become"],
  ["--element <name>", "element", "what an element of the dataflow takes, gives and drops, as --element LocSpecDemux"],
  ["--code <code>", "code", "what a diagnostic means, as --code E0215"],
];

interface ExplainFlags extends LanguageFlags, Partial<Readonly<Record<ExplainForm, true>>> {
  readonly rule?: string;
  readonly code?: string;
  readonly element?: string;
}

export function addExplain(mosaic: Command): void {
  const explain = addLanguageOptions(mosaic.command("explain"))
    .description(
      "show what the compiler makes of programs: the dataflow, and each rule as the elements it is fused from",
    )
    .argument("[files...]", "programs; a bare name may be a shipped one, as ron.mzl")
    .option("--rule <name>", "only this rule");
  const names = FORMS.map(([, form]) => form);
  for (const [flags, form, description] of FORMS) {
    explain.addOption(new Option(flags, description).conflicts(names.filter((name) => name !== form)));
  }
  explain.action((files: string[], flags: ExplainFlags) => run(files, flags));
}

async function run(files: readonly string[], flags: ExplainFlags): Promise<void> {
  if (flags.code !== undefined) return output.result(codePage(flags.code));
  if (flags.element !== undefined) return output.result(elementPage(flags.element));
  if (files.length === 0) throw wrongUsage("explain", "name a program, as ron.mzl");
  const form = (["mermaid", "dot", "svg", "ndlog", "js"] as const).find((name) => flags[name] === true) ?? "text";
  explainFiles(files, { ...(await languageOf(flags)), rule: flags.rule, form }, output);
}
