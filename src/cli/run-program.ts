import { type Compilation, compile } from "../compile.ts";
import { FileLibrary } from "./file-library.ts";

/** What the command line says of the program to run. */
export interface ProgramOptions {
  readonly files: readonly string[];
  readonly defines: ReadonlyMap<string, string>;
  readonly facts: readonly string[];
  /** A TUN device was asked for. */
  readonly hasTun: boolean;
}

const TUNNEL = "tunnel.mzl";

/**
 * Compiles the files together with what the options add to them: facts, and the standard tunnel when there is a device
 * that no rule uses.
 */
export function compileForRun(options: ProgramOptions): Compilation {
  const library = new FileLibrary();
  const bare = compileWith(library, options, options.files);
  if (bare.plan === undefined) return bare;
  const usesTun = bare.plan.strands.some(
    ({ trigger }) => bare.plan?.predicates[trigger.predicate]?.role.kind === "tun",
  );
  const files = options.hasTun && !usesTun ? [...options.files, TUNNEL] : options.files;
  const base = files === options.files ? bare : compileWith(library, options, files);
  if (options.facts.length === 0 || base.plan === undefined) return base;
  library.give("--fact", options.facts.map((fact) => `${fact.trim().replace(/\.?$/, ".")}\n`).join(""));
  return compileWith(library, options, [...files, "--fact"]);
}

function compileWith(library: FileLibrary, { defines }: ProgramOptions, files: readonly string[]): Compilation {
  return compile(files, library, { defines, dialect: undefined });
}
