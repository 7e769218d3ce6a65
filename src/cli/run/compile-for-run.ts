import { withFullStop } from "../../../grammar/full-stop.ts";
import type { Secrets } from "../../../runtime/engine/strand-context.ts";
import type { Diagnostic } from "../../../grammar/diagnostic.ts";
import { type Compilation, compile } from "../../compile.ts";
import { NO_SURROUNDINGS } from "../../program/surroundings.ts";
import { factFileColumns } from "../files/fact-files.ts";
import { FileLibrary } from "../files/file-library.ts";
import type { LanguageOptions } from "../options/language-options.ts";
import { Failure } from "../terminal/failure.ts";

/** Options of the commands that run a program. */
export interface ProgramOptions extends LanguageOptions {
  readonly files: readonly string[];
  readonly facts: readonly string[];
  /** Directories of `P.facts` and `P.csv`. Undefined for a host of a topology, on which programs of other hosts may raise any event. */
  readonly factDirectories?: readonly string[] | undefined;
  /** Whether the node has a TUN device. */
  readonly hasTun: boolean;
  /** Secrets of `--secret`, which the program may name. */
  readonly secrets?: Secrets | undefined;
  /** Treats location columns (`@X`) as ordinary columns, so that all rules run on one node. */
  readonly ignoresLocations?: boolean;
}

/** A compilation and its files: the files of the command line, and `tunnel.mzl` if it was added. */
export interface RunCompilation extends Compilation {
  readonly files: readonly string[];
}

const FACT_OPTION = "--fact";
const TUNNEL = "tunnel.mzl";

/** Compiles the files with the facts of `--fact`. Adds `tunnel.mzl` if there is a TUN device and no rule uses it. */
export function compileForRun(options: ProgramOptions): RunCompilation {
  const library = new FileLibrary();
  const facts = options.facts.map((fact) => `${withFullStop(fact.trim())}\n`).join("");
  library.addText(FACT_OPTION, facts);
  const bare = compileWith(library, options, options.files);
  const usesTun = bare.plan?.strands.some(
    ({ trigger }) => bare.plan?.predicates[trigger.predicate]?.role.kind === "tun",
  );
  if (!options.hasTun || usesTun !== false) return { ...bare, files: options.files };
  const files = [...options.files, TUNNEL];
  return { ...compileWith(library, options, files), files };
}

function compileWith(library: FileLibrary, options: ProgramOptions, files: readonly string[]): Compilation {
  const { defines, dialect, limits, optimisations, ignoresLocations = false } = options;
  const directories = options.factDirectories;
  const surroundings = directories && { ...NO_SURROUNDINGS, facts: factFileColumns(directories) };
  const all = options.facts.length === 0 ? files : [...files, FACT_OPTION];
  const language = { defines, dialect, limits, optimisations, ignoresLocations };
  return compile(all, library, { ...language, surroundings, takesRequests: true });
}

/** Failure for a program with errors. A missing file or an invalid `--fact` is an invalid command line: exit code 2. */
export function programFailure(diagnostics: readonly Diagnostic[]): Failure {
  const errors = diagnostics.filter((one) => one.severity === "error");
  const isMissing = errors.every((one) => one.span === undefined || one.span.file === FACT_OPTION);
  const count = errors.length === 1 ? "1 error" : `${errors.length} errors`;
  return new Failure(isMissing ? 2 : 1, `${count}; nothing was started`);
}
