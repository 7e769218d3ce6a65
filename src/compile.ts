import type { Diagnostic } from "../grammar/diagnostic.ts";
import type { Source } from "../grammar/span.ts";
import { TEXT_LIMITS } from "../grammar/text-limits.ts";
import type { Plan } from "../runtime/plan/contract/plan.ts";
import { lint } from "./1-check/lint.ts";
import { type CheckedProgram, check } from "./1-check/check.ts";
import { checkUnraised } from "./1-check/check-unraised.ts";
import { fillColumns } from "./1-check/fill-columns.ts";
import { ignoreLocations } from "./1-check/ignore-locations.ts";
import { locationColumns } from "./1-check/location-columns.ts";
import { readOverlog, type TextOf } from "./1-check/read-overlog.ts";
import { resolveNames } from "./1-check/resolve-names.ts";
import { soundPart } from "./1-check/sound-part.ts";
import type { CoreProgram } from "./2-rewrite/core.ts";
import { checkReplacements } from "./2-rewrite/check-replacements.ts";
import { checkStrata } from "./2-rewrite/check-strata.ts";
import { proveRecursion } from "./2-rewrite/prove-recursion.ts";
import { rewrite } from "./2-rewrite/rewrite.ts";
import { overlaysWithOptions } from "./program/predicates.ts";
import { NO_SURROUNDINGS, type Surroundings } from "./program/surroundings.ts";
import { ALL_OPTIMISATIONS, type ViewOptimisations } from "./program/view-optimisations.ts";
import { checkTypes, planProgram } from "./3-plan/plan.ts";
import { emit } from "./4-emit/emit.ts";
import { macroFinder } from "./0-load/macro-finder.ts";
import { unusedDefines } from "./0-load/unused-defines.ts";
import { type Library, type LoadOptions, load, type RuleCount } from "./0-load/load.ts";
import { LineMap } from "./program/line-map.ts";

/** Result of a compilation. Without a plan the diagnostics contain an error, unless only checks were wanted. */
export interface Compilation {
  readonly plan: Plan | undefined;
  /** The plain rules before proofs of recursion are added. */
  readonly core: CoreProgram | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** All texts that were read, to show diagnostics in; the first is the text of the first file. */
  readonly sources: readonly Source[];
  /** Overlays and predicates that the program contributes to other programs. */
  readonly contributes: Pick<Surroundings, "overlays" | "overlaysWithOptions" | "predicates">;
  /** Number of rules by file. */
  readonly counts: ReadonlyMap<string, RuleCount>;
  /** Number of hidden columns before the arguments, for each predicate of a view that has any. Empty after an error. */
  readonly hiddenColumns: ReadonlyMap<string, number>;
}

const MEBIBYTE = 2 ** 20;

/** Errors that leave a text incomplete, and `#error`. Later phases would only report consequences. */
const INCOMPLETE_TEXT: ReadonlySet<string> = new Set(["E0111", "E0112", "E0127", "E0129", "E0190", "E0262"]);

/**
 * Compiles program files: text, checked program, plain rules, plan, functions. After an error the later phases only check the rules
 * that it leaves unaffected.
 */
export function compile(files: readonly string[], library: Library, options: LoadOptions): Compilation {
  const { modules: loadedModules, sources, counts, macros, diagnostics: loaded } = load(files, library, options);
  const loading = [...unusedDefines(options.defines, sources), ...loaded];
  const hiddenColumns: Compilation["hiddenColumns"] = new Map();
  const nothing = { plan: undefined, core: undefined, sources, counts, contributes: NO_SURROUNDINGS, hiddenColumns };
  if (loaded.some(({ code }) => INCOMPLETE_TEXT.has(code)))
    return { ...nothing, diagnostics: inOrder(loading, sources) };
  const lines = new LineMap(sources);
  const { surroundings, ignoresLocations: isClosed = false, hasLocationColumns = false } = options;
  const reading: Diagnostic[] = [];
  const longest = (options.limits ?? TEXT_LIMITS).source * MEBIBYTE;
  const textOf: TextOf = (path, from) => {
    const text = library.read(path, from)?.text;
    return text === undefined || text.length > longest ? undefined : text;
  };
  const translated = loadedModules.map((module) => readOverlog(module, textOf, reading));
  const placed = hasLocationColumns ? translated.map(locationColumns) : translated;
  const modules = isClosed ? placed.map(ignoreLocations) : placed;
  const hasMacro = macroFinder(macros, sources);
  const { program: named, diagnostics: naming } = resolveNames(modules, lines);
  const { program, diagnostics: filling } = fillColumns(named);
  const {
    checked,
    diagnostics: checking,
    consequences,
  } = check(program, macros, {
    surroundings,
    isClosed,
    hasMacro,
  });
  const none = { ...nothing, contributes: contributionOf(checked) };
  const found = inOrder([...loading, ...reading, ...naming, ...filling, ...checking], sources);
  const optimisations = options.optimisations ?? ALL_OPTIMISATIONS;
  if (hasError(found)) {
    const further = furtherErrors(checked, [...found, ...consequences], optimisations);
    return { ...none, diagnostics: inOrder([...found, ...further], sources) };
  }
  const { core, diagnostics: rewriting } = rewrite(checked, optimisations);
  if (hasError(rewriting)) {
    const further = furtherErrors(checked, rewriting, optimisations);
    return { ...none, diagnostics: inOrder([...found, ...rewriting, ...further], sources) };
  }
  const strata = [...checkStrata(core), ...checkReplacements(core)];
  const unraised = surroundings === undefined || isClosed ? [] : checkUnraised(program, checked.predicates, isClosed);
  const linting = lint(program, surroundings, { isClosed, takesRequests: options.takesRequests === true, hasMacro });
  const reported = [...found, ...linting, ...unraised, ...rewriting, ...strata];
  // Proofs are defined for recursion without negation only.
  if (hasError(strata)) {
    return { ...none, core, diagnostics: inOrder([...reported, ...errorsIn(checkTypes(core))], sources) };
  }
  const { core: proved, diagnostics: proving } = proveRecursion(core);
  const { planned, diagnostics: planning } = planProgram(proved, lines);
  const diagnostics = inOrder([...reported, ...proving, ...planning], sources);
  const isWanted = !hasError(diagnostics) && options.checksOnly !== true;
  const plan = isWanted ? emit(planned) : undefined;
  return { ...none, plan, core, diagnostics, hiddenColumns: hiddenColumnsOf(checked, core) };
}

/** Returns the numbers of columns that view expansion has added to the predicates of views. */
function hiddenColumnsOf(
  { predicates, program }: CheckedProgram,
  { arities }: CoreProgram,
): ReadonlyMap<string, number> {
  const written = new Map([...predicates.values()].map(({ name, arity }) => [name, arity]));
  for (const { name, outputs } of program.views.values()) {
    written.set(`${name}.return`, outputs.length).set(`${name}.fail`, 1).set(`${name}.done`, 0);
  }
  const added = [...arities].map(([name, arity]) => [name, arity - (written.get(name) ?? arity)] as const);
  return new Map(added.filter(([, columns]) => columns > 0));
}

/** Returns the errors that later phases find in the rules that `known` errors leave unaffected. */
function furtherErrors(
  checked: CheckedProgram,
  known: readonly Diagnostic[],
  optimisations: ViewOptimisations,
): readonly Diagnostic[] {
  const sound = soundPart(checked, errorsIn(known));
  if (sound === undefined) return [];
  const { core, diagnostics: rewriting } = rewrite(sound.checked, optimisations);
  if (hasError(rewriting)) {
    return [...errorsIn(rewriting), ...furtherErrors(checked, [...known, ...rewriting], optimisations)];
  }
  const open = { ...core, open: sound.open };
  return errorsIn([...checkStrata(open), ...checkTypes(open)]);
}

/** Predicates that the program raises, declares or accepts, and its overlays. */
function contributionOf({ program, predicates }: CheckedProgram): Compilation["contributes"] {
  const names = [...predicates.values()].filter((one) => one.isProduced || one.isTable).map(({ name }) => name);
  const declared = [...program.accepts, ...program.signatures].map(({ name }) => name);
  return {
    overlays: new Set(program.overlays.map(({ name }) => name)),
    overlaysWithOptions: overlaysWithOptions(program, predicates),
    predicates: new Set([...names, ...declared]),
  };
}

/** Sorts diagnostics by file, then by position. */
function inOrder(diagnostics: readonly Diagnostic[], sources: readonly Source[]): readonly Diagnostic[] {
  const order = new Map(sources.map(({ file }, at) => [file, at]));
  const fileOf = ({ span }: Diagnostic): number => order.get(span?.file ?? "") ?? -1;
  return diagnostics.toSorted((a, b) => fileOf(a) - fileOf(b) || (a.span?.start ?? 0) - (b.span?.start ?? 0));
}

function errorsIn(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.filter(({ severity }) => severity === "error");
}

function hasError(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === "error");
}
