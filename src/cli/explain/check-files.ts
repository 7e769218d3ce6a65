import { countOf } from "../../../runtime/plan/values/count-of.ts";
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

/** `mosaic check FILE...`: prints the diagnostics of the program; throws `Failure` with exit code 1 if one is an error. */
export function checkFiles(files: readonly string[], options: CheckOptions, output: Output): void {
  let errors = 0;
  let firstCode: string | undefined;
  const reported = new Set<string>();
  for (const compiled of programsOf(files, options)) {
    const compilation = newDiagnostics(compiled, reported);
    errors += compilation.diagnostics.filter(isError).length;
    firstCode ??= (compilation.diagnostics.find(isError) ?? compilation.diagnostics[0])?.code;
    if (options.json) printJson(compilation, output);
    else if (compilation.diagnostics.length > 0) {
      output.problem(showDiagnostics(compilation.diagnostics, compilation.sources, output.hasColour));
    }
  }
  if (options.stats) for (const file of files) printStats(file, compileFiles([file], options), options, output);
  if (firstCode !== undefined && !options.json)
    output.problem(`more about this code: mosaic explain --code ${firstCode}`);
  if (errors > 0) throw new Failure(1, errors === 1 ? "1 error" : `${errors} errors`);
}

/** Errors of two files that declare or use a name differently, so that the files cannot belong to one program. */
const CONFLICTS: ReadonlySet<string> = new Set(["E0205", "E0206", "E0207", "E0212"]);

/** Compiles the files as one program, as `mosaic run` does. If their declarations conflict, compiles each file as a program of its own. */
function programsOf(files: readonly string[], options: CheckOptions): readonly Compilation[] {
  const together = compileFiles(files, options);
  const conflicts = together.diagnostics.filter(({ code }) => CONFLICTS.has(code));
  if (files.length === 1 || conflicts.length === 0) return [together];
  const alone = files.map((file) => compileFiles([file], options));
  const known = new Set(alone.flatMap(({ diagnostics }) => diagnostics.map((one) => JSON.stringify(one))));
  if (conflicts.every((one) => known.has(JSON.stringify(one)))) return [together];
  const surroundings = surroundingsOf(alone);
  return files.map((file) => compileFiles([file], options, surroundings));
}

function compileFiles(
  files: readonly string[],
  options: CheckOptions,
  surroundings: Surroundings | undefined = NO_SURROUNDINGS,
): Compilation {
  return compile(files, new FileLibrary(), { ...options, checksOnly: true, surroundings });
}

/** Returns the names that the programs contribute to each other. */
function surroundingsOf(programs: readonly Compilation[]): Surroundings {
  return {
    ...NO_SURROUNDINGS,
    overlays: new Set(programs.flatMap(({ contributes }) => [...contributes.overlays])),
    overlaysWithOptions: new Set(programs.flatMap(({ contributes }) => [...contributes.overlaysWithOptions])),
    predicates: new Set(programs.flatMap(({ contributes }) => [...contributes.predicates])),
  };
}

/** Removes diagnostics that were reported before: a file that several programs import has its diagnostics in each of them. */
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
  else output.result(`${file}: ${countOf(rules, "rule")}, ${viewRules} in views`);
}
