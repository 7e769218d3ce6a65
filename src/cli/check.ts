import type { Compilation } from "../compile.ts";
import { compile } from "../compile.ts";
import { parse } from "../../grammar/parse.ts";
import { TEXT_LIMITS } from "../../grammar/text-limits.ts";
import { LineMap } from "../line-map.ts";
import { Failure } from "./failure.ts";
import { FileLibrary } from "./file-library.ts";
import type { LanguageOptions } from "./language-options.ts";
import type { Output } from "./output.ts";
import { showDiagnostics } from "./show-diagnostics.ts";

export interface CheckOptions extends LanguageOptions {
  readonly stats: boolean;
  readonly json: boolean;
}

/** `mosaic check FILE...`: everything that is wrong with each program; exit code 1 when one has an error. */
export function checkFiles(files: readonly string[], options: CheckOptions, output: Output): void {
  let errors = 0;
  let firstCode: string | undefined;
  for (const file of files) {
    const library = new FileLibrary();
    const compilation = compile([file], library, options);
    errors += compilation.diagnostics.filter((one) => one.severity === "error").length;
    firstCode ??= compilation.diagnostics[0]?.code;
    if (options.json) printJson(compilation, output);
    else if (compilation.diagnostics.length > 0) {
      output.problem(showDiagnostics(compilation.diagnostics, compilation.sources, output.hasColour));
    }
    if (options.stats) printStats(file, library, options, output);
  }
  if (firstCode !== undefined && !options.json) output.problem(`more about a code: mosaic explain --code ${firstCode}`);
  if (errors > 0) throw new Failure(1, errors === 1 ? "1 error" : `${errors} errors`);
}

/** One object a diagnostic, with the places worked out. */
function printJson({ diagnostics, sources }: Compilation, output: Output): void {
  const lines = new LineMap(sources);
  for (const { code, severity, span, message, help } of diagnostics) {
    const place = span === undefined ? {} : lines.position(span);
    output.result(JSON.stringify({ ...place, severity, code, message, ...(help !== undefined && { help }) }));
  }
}

/** Rules of the file itself, outside and inside of its `def`s; facts and declarations are not rules. */
function printStats(file: string, library: FileLibrary, options: CheckOptions, output: Output): void {
  const source = library.read(file, undefined);
  if (source === undefined) return;
  const { tree } = parse(
    { ...source, dialect: options.dialect ?? source.dialect },
    { defines: options.defines, load: (path, from) => library.read(path, from), limits: options.limits ?? TEXT_LIMITS },
  );
  const rules = tree.statements.filter((statement) => statement.kind === "rule").length;
  const views = tree.statements.flatMap((statement) => (statement.kind === "view" ? [statement] : []));
  const viewRules = views.flatMap((view) => view.body.filter((item) => item.kind === "rule")).length;
  if (options.json) output.result(JSON.stringify({ file, rules, viewRules }));
  else output.result(`${file}: ${rules} rules, ${viewRules} in views`);
}
