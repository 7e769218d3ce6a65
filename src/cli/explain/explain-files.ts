import type { Plan } from "../../../runtime/plan/contract/plan.ts";
import type { CoreProgram } from "../../2-rewrite/core.ts";
import { functionsIn } from "../../4-emit/emit.ts";
import { compile } from "../../compile.ts";
import { nearest } from "../../program/nearest.ts";
import { FileLibrary } from "../files/file-library.ts";
import type { LanguageOptions } from "../options/language-options.ts";
import { runFailed, wrongUsage } from "../terminal/failure.ts";
import type { Output } from "../terminal/output.ts";
import { showDiagnostics } from "../terminal/show-diagnostics.ts";
import { dataflowText } from "./dataflow-text.ts";
import { dot } from "./dot.ts";
import { expandedRules } from "./expanded-rules.ts";
import { layOutFigure } from "./lay-out.ts";
import { mermaid } from "./mermaid.ts";
import { type Selection, selectAll, selectRule } from "./selection.ts";
import { svg } from "./svg.ts";

export interface ExplainOptions extends LanguageOptions {
  /** Name of the only rule to explain; undefined for all rules. */
  readonly rule: string | undefined;
  readonly form: ExplainForm;
}

export type ExplainForm = "text" | "mermaid" | "dot" | "svg" | "js" | "ndlog";

/** `mosaic explain FILE...`: prints the result of the compiler in one of the forms. */
export function explainFiles(files: readonly string[], options: ExplainOptions, output: Output): void {
  const { plan, core } = compiled(files, options, output);
  output.result(render(selectionOf(plan, options.rule), core, options, files.join(", ")));
}

/** Compiles the files and prints the diagnostics; throws `Failure` if there are errors. */
function compiled(
  files: readonly string[],
  language: LanguageOptions,
  output: Output,
): { readonly plan: Plan; readonly core: CoreProgram } {
  const { plan, core, diagnostics, sources } = compile(files, new FileLibrary(), language);
  if (diagnostics.length > 0) output.problem(showDiagnostics(diagnostics, sources, output.hasColour));
  if (plan === undefined || core === undefined) throw runFailed("the program has errors");
  return { plan, core };
}

function selectionOf(plan: Plan, rule: string | undefined): Selection {
  if (rule === undefined) return selectAll(plan);
  const selection = selectRule(plan, rule);
  if (selection !== undefined) return selection;
  const names = plan.strands.map((strand) => strand.origin.rule);
  const near = nearest(rule, [...names, ...names.map((name) => name.slice(name.lastIndexOf(".") + 1))]);
  const hint = near === undefined ? `the rules are ${[...new Set(names)].join(" ")}` : `did you mean ${near}?`;
  throw wrongUsage("--rule", `there is no rule \`${rule}\`; ${hint}`);
}

function render(selection: Selection, core: CoreProgram, { form, rule }: ExplainOptions, title: string): string {
  switch (form) {
    case "text":
      return dataflowText(selection);
    case "mermaid":
      return mermaid(selection);
    case "dot":
      return dot(selection);
    case "svg":
      return svg(layOutFigure(selection, title));
    case "js":
      return functionsText(selection);
    case "ndlog":
      return expandedRules(
        core,
        rule === undefined ? undefined : new Set(selection.rules.map(({ name }) => name)),
      ).trimEnd();
  }
}

/** The emitted functions of the selected rules. Without a selection, all emitted code. */
function functionsText({ plan, rules }: Selection): string {
  const strands = rules.flatMap((rule) => rule.strands);
  if (strands.length === plan.strands.length) return plan.code.trimEnd();
  const functions = functionsIn(plan);
  return strands.map((strand) => functions[strand.id]).join("\n\n");
}
