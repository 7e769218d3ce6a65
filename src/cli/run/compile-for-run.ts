import type { Diagnostic } from "../../../grammar/diagnostic.ts";
import { type Compilation, compile } from "../../compile.ts";
import { Failure } from "../terminal/failure.ts";
import { FileLibrary } from "../files/file-library.ts";
import type { LanguageOptions } from "../options/language-options.ts";

/** What the command line says of the program to run. */
export interface ProgramOptions extends LanguageOptions {
  readonly files: readonly string[];
  readonly facts: readonly string[];
  /** A TUN device was asked for. */
  readonly hasTun: boolean;
  /** All places are one: a location among the arguments is an argument like others. */
  readonly ignoresPlaces?: boolean;
}

/** What was compiled, and of which files: those of the options, and the one that was added. */
export interface RunCompilation extends Compilation {
  readonly files: readonly string[];
}

const TUNNEL = "tunnel.mzl";

/**
 * Compiles the files together with what the options add to them: facts, and the standard tunnel when there is a device
 * that no rule uses.
 */
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
  const { defines, dialect, limits, optimisations, ignoresPlaces = false } = options;
  return compile(files, library, { defines, dialect, limits, optimisations, ignoresLocations: ignoresPlaces });
}

/** A file that is not there, or a bad --fact, is a slip of the command line; everything else is the program's fault. */
export function programFailure(diagnostics: readonly Diagnostic[]): Failure {
  const errors = diagnostics.filter((one) => one.severity === "error");
  const isMissing = errors.every((one) => one.span === undefined || one.span.file === "--fact");
  const count = errors.length === 1 ? "1 error" : `${errors.length} errors`;
  return new Failure(isMissing ? 2 : 1, `${count}; nothing was started`);
}
