import { loadProgram, type Program } from "../../runtime/node/program.ts";
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import { check, type CheckedProgram } from "../../src/1-check/check.ts";
import { resolveNames } from "../../src/1-check/resolve-names.ts";
import { FileLibrary } from "../../src/cli/files/file-library.ts";
import { compile } from "../../src/compile.ts";
import { LineMap } from "../../src/program/line-map.ts";
import { ALL_OPTIMISATIONS, type ViewOptimisations } from "../../src/program/view-optimisations.ts";
import { load } from "../../src/0-load/load.ts";

/** Program in two forms: as plan for the engine, and as rules for the naive evaluator. */
export interface Compiled {
  readonly program: Program;
  readonly checked: CheckedProgram;
}

export const UNOPTIMISED: ViewOptimisations = { tailCalls: false, inlineViews: false, localShortcut: false };

const OPTIONS = { defines: new Map<string, string>(), dialect: undefined };

/** Compiles a program. Returns the errors if it has any. */
export function compileText(text: string, isOptimised = true): Compiled | readonly Diagnostic[] {
  return compileWith(text, isOptimised ? ALL_OPTIMISATIONS : UNOPTIMISED);
}

/** Compiles a program with some optimisations of views. Returns the errors if it has any. */
export function compileWith(text: string, optimisations: ViewOptimisations): Compiled | readonly Diagnostic[] {
  const library = new FileLibrary();
  library.addText("program", text);
  const { plan, diagnostics } = compile(["program"], library, {
    ...OPTIONS,
    optimisations,
  });
  if (plan === undefined) return diagnostics.filter((one) => one.severity === "error");
  const { modules, sources } = load(["program"], library, OPTIONS);
  const { program } = resolveNames(modules, new LineMap(sources));
  return { program: loadProgram(plan), checked: check(program, new Set()).checked };
}
