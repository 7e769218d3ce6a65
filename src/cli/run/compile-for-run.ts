import type { Diagnostic } from "../../../grammar/diagnostic.ts";
import { type Compilation, compile } from "../../compile.ts";
import { FileLibrary } from "../files/file-library.ts";
import type { LanguageOptions } from "../options/language-options.ts";
import { Failure } from "../terminal/failure.ts";

/** Options of the commands that run a program. */
export interface ProgramOptions extends LanguageOptions {
  readonly files: readonly string[];
  readonly facts: readonly string[];
  /** True with `--tun`. */
  readonly hasTun: boolean;
  /** Treats location columns (`@X`) as ordinary columns, so that all rules run on one node. */
  readonly ignoresLocations?: boolean;
}

/** A compilation and its files: the files of the command line, and `tunnel.mzl` if it was added. */
export interface RunCompilation extends Compilation {
  readonly files: readonly string[];
}

const TUNNEL = "tunnel.mzl";

/** Compiles the files with the facts of `--fact`. Adds `tunnel.mzl` if there is a TUN device and no rule uses it. */
export function compileForRun(options: ProgramOptions): RunCompilation {
  const library = new FileLibrary();
  const bare = compileWith(library, options, options.files);
  if (bare.plan === undefined) return { ...bare, files: options.files };
  const usesTun = bare.plan.strands.some(
    ({ trigger }) => bare.plan?.predicates[trigger.predicate]?.role.kind === "tun",
  );
  const files = options.hasTun && !usesTun ? [...options.files, TUNNEL] : options.files;
  const base = files === options.files ? bare : compileWith(library, options, files);
  if (options.facts.length === 0 || base.plan === undefined) return { ...base, files };
  library.addText("--fact", options.facts.map((fact) => `${fact.trim().replace(/\.?$/, ".")}\n`).join(""));
  return { ...compileWith(library, options, [...files, "--fact"]), files };
}

function compileWith(library: FileLibrary, options: ProgramOptions, files: readonly string[]): Compilation {
  const { defines, dialect, limits, optimisations, ignoresLocations = false } = options;
  return compile(files, library, { defines, dialect, limits, optimisations, ignoresLocations });
}

/** Failure for a program with errors. A missing file or an invalid `--fact` is an invalid command line: exit code 2. */
export function programFailure(diagnostics: readonly Diagnostic[]): Failure {
  const errors = diagnostics.filter((one) => one.severity === "error");
  const isMissing = errors.every((one) => one.span === undefined || one.span.file === "--fact");
  const count = errors.length === 1 ? "1 error" : `${errors.length} errors`;
  return new Failure(isMissing ? 2 : 1, `${count}; nothing was started`);
}
