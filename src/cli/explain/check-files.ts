import type { Diagnostic } from "../../../grammar/diagnostic.ts";
import type { Compilation } from "../../compile.ts";
import { compile } from "../../compile.ts";
import { NO_SURROUNDINGS, type Surroundings } from "../../program/surroundings.ts";
import { FileLibrary } from "../files/file-library.ts";
import type { LanguageOptions } from "../options/language-options.ts";
import { Failure } from "../terminal/failure.ts";
import { jsonText } from "../terminal/json-text.ts";
import type { Output } from "../terminal/output.ts";
import { jsonDiagnostics } from "../terminal/json-diagnostics.ts";
import { showDiagnostics } from "../terminal/show-diagnostics.ts";

export interface CheckOptions extends LanguageOptions {
  readonly stats: boolean;
  readonly json: boolean;
}

/** `mosaic check FILE...`: prints the diagnostics of each program; throws `Failure` with exit code 1 if one is an error. */
export function checkFiles(files: readonly string[], options: CheckOptions, output: Output): void {
  let errors = 0;
  let firstCode: string | undefined;
  const reported = new Set<string>();
  const surroundings = surroundingsOf(files, options);
  for (const file of files) {
    const compiled = compile([file], new FileLibrary(), { ...options, checksOnly: true, surroundings });
    const compilation = newDiagnostics(compiled, reported);
    errors += compilation.diagnostics.filter(isError).length;
    firstCode ??= (compilation.diagnostics.find(isError) ?? compilation.diagnostics[0])?.code;
    if (options.json) printJson(compilation, output);
    else if (compilation.diagnostics.length > 0) {
      output.problem(showDiagnostics(compilation.diagnostics, compilation.sources, output.hasColour));
    }
    if (options.stats) printStats(file, compilation, options, output);
  }
  if (firstCode !== undefined && !options.json)
    output.problem(`more about this code: mosaic explain --code ${firstCode}`);
  if (errors > 0) throw new Failure(1, errors === 1 ? "1 error" : `${errors} errors`);
}

/** Returns the names that the programs contribute to each other. */
function surroundingsOf(files: readonly string[], options: CheckOptions): Surroundings {
  if (files.length < 2) return NO_SURROUNDINGS;
  const all = files.map((file) => compile([file], new FileLibrary(), { ...options, checksOnly: true }).contributes);
  return {
    ...NO_SURROUNDINGS,
    overlays: new Set(all.flatMap(({ overlays }) => [...overlays])),
    predicates: new Set(all.flatMap(({ predicates }) => [...predicates])),
  };
}

/** Returns the compilation without diagnostics that were reported before, for a file that several programs import. */
function newDiagnostics(compilation: Compilation, reported: Set<string>): Compilation {
  const diagnostics = compilation.diagnostics.filter((one) => {
    const text = JSON.stringify(one);
    if (reported.has(text)) return false;
    reported.add(text);
    return true;
  });
  return { ...compilation, diagnostics };
}

function isError({ severity }: Diagnostic): boolean {
  return severity === "error";
}

/** Prints one object for each diagnostic. */
function printJson({ diagnostics, sources }: Compilation, output: Output): void {
  for (const one of jsonDiagnostics(diagnostics, sources)) output.result(jsonText(one));
}

function printStats(file: string, { sources, counts }: Compilation, options: CheckOptions, output: Output): void {
  const count = counts.get(sources[0]?.file ?? "");
  if (count === undefined) return;
  const { rules, viewRules } = count;
  if (options.json) output.result(jsonText({ file, rules, viewRules }));
  else output.result(`${file}: ${rules} rules, ${viewRules} in views`);
}
