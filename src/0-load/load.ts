/**
 * load: reads the program files, parses them, and follows their imports. The first phase of `compile.ts`; its modules
 * go to `1-check`, where their names are resolved.
 */
import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { FileTree, ImportDeclaration, OverlayDeclaration } from "../../grammar/ast.ts";
import type { Surroundings } from "../program/surroundings.ts";
import type { ViewOptimisations } from "../program/view-optimisations.ts";
import type { Unparsed } from "../../grammar/unparsed.ts";
import { parse } from "../../grammar/parse.ts";
import { report } from "../../grammar/report.ts";
import type { Dialect, Source } from "../../grammar/span.ts";
import { TEXT_LIMITS, type TextLimits } from "../../grammar/text-limits.ts";

/** Source of program files; the only input of the compiler besides its options. */
export interface Library {
  /** Returns the file that `path` names in the file `from`, or the shipped program of that name; undefined if there is none. */
  read(path: string, from: string | undefined): Source | undefined;
  /** Explains why a file of the command line could not be read. */
  explainFailure(path: string): ReadFailure;
}

export interface ReadFailure {
  /** A phrase such as `no such file`. */
  readonly reason: string;
  /** Suggested correction. */
  readonly help: string | undefined;
}

export interface LoadOptions {
  readonly defines: ReadonlyMap<string, string>;
  /** Dialect of the files passed to `load`. Imported files have the dialect of their file name extension. */
  readonly dialect: Dialect | undefined;
  /** All locations mean the same node, as in a Datalog engine. */
  readonly ignoresLocations?: boolean;
  /** A location outside the arguments, as in `p@X(Y)`, is the first column. Only with `ignoresLocations`. */
  readonly hasLocationColumns?: boolean;
  /** Only diagnostics are wanted, no plan. */
  readonly checksOnly?: boolean;
  /** The program runs on a node, whose clients may fill and read any table. */
  readonly takesRequests?: boolean;
  /**
   * Names that come from outside the files. Undefined if they are unknown: any event may come from outside, so no warning says that nothing
   * raises it.
   */
  readonly surroundings?: Surroundings | undefined;
  readonly limits?: TextLimits | undefined;
  /** Default: all. */
  readonly optimisations?: ViewOptimisations | undefined;
}

/** Instance of a program file. A file that declares an overlay can have several instances, under different overlay names. */
export interface Module {
  readonly file: string;
  readonly dialect: Dialect;
  /** Name of the overlay that the file declares, as the text of the file gives it. */
  readonly declared: string | undefined;
  /** Name of this instance of the overlay. */
  readonly instance: string | undefined;
  /** Names of imported overlays in this file: alias to instance name. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Imported files without an overlay: this file uses their names unqualified. */
  readonly plainImports: readonly string[];
  readonly tree: FileTree;
  /** Names in statements of the file that could not be parsed, and how the statements seem to define them. */
  readonly unparsed: ReadonlyMap<string, Unparsed>;
}

/** Longest chain of files that import each other. Each level is a level of the call stack. */
const IMPORT_DEPTH_MAX = 200;

/** Number of rules in a file, outside and inside of its `def`s; facts and declarations do not count. */
export interface RuleCount {
  readonly rules: number;
  readonly viewRules: number;
}

export interface Loaded {
  readonly modules: readonly Module[];
  /** Numbers of rules by file. */
  readonly counts: ReadonlyMap<string, RuleCount>;
  readonly sources: readonly Source[];
  readonly diagnostics: readonly Diagnostic[];
  /** Names of macros that the files and the command line define. */
  readonly macros: ReadonlySet<string>;
}

/** Parses the files and their imports, each instance once. */
export function load(files: readonly string[], library: Library, options: LoadOptions): Loaded {
  const loader = new Loader(library, options);
  for (const file of files) loader.root(file);
  return loader.result();
}

class Loader {
  readonly #library: Library;
  readonly #options: LoadOptions;
  readonly #modules = new Map<string, Module | "loading">();
  readonly #order: Module[] = [];
  readonly #sources = new Map<string, Source>();
  readonly #diagnostics: Diagnostic[] = [];
  readonly #limits: TextLimits;
  /** Number of files in the chain of imports that leads to the current file. */
  #depth = 0;
  readonly #counts = new Map<string, RuleCount>();
  readonly #macros = new Set<string>();
  #rules = 0;

  constructor(library: Library, options: LoadOptions) {
    this.#library = library;
    this.#options = options;
    this.#limits = options.limits ?? TEXT_LIMITS;
  }

  result(): Loaded {
    return {
      modules: this.#order,
      counts: this.#counts,
      sources: [...this.#sources.values()],
      diagnostics: this.#diagnostics,
      macros: this.#macros,
    };
  }

  root(path: string): void {
    const source = this.#library.read(path, undefined);
    if (source === undefined) {
      this.#diagnostics.push(report("E0201", undefined, { path, ...this.#library.explainFailure(path) }));
    } else this.#module(this.#withDialect(source), undefined, undefined);
  }

  #module(source: Source, as: string | undefined, at: ImportDeclaration | undefined): Module | undefined {
    const key = `${source.file}\0${as ?? ""}`;
    const known = this.#modules.get(key);
    if (known === "loading") {
      this.#diagnostics.push(report("E0203", at?.path.span, { path: source.file }));
      return undefined;
    }
    if (known !== undefined) return known;
    if (this.#depth === IMPORT_DEPTH_MAX) {
      this.#diagnostics.push(report("E0263", at?.path.span, { depth: IMPORT_DEPTH_MAX }));
      return undefined;
    }
    this.#depth++;
    const module = this.#parse(key, source, as);
    this.#depth--;
    return module;
  }

  #parse(key: string, source: Source, as: string | undefined): Module {
    this.#modules.set(key, "loading");
    const { tree, diagnostics, sources, dialect, defines, unparsed } = parse(source, {
      defines: this.#options.defines,
      load: (path, from) => this.#library.read(path, from),
      limits: this.#limits,
    });
    const isNew = !this.#sources.has(source.file);
    for (const read of sources) this.#sources.set(read.file, read);
    if (isNew) for (const diagnostic of diagnostics) this.#diagnostics.push(diagnostic);
    for (const name of defines.keys()) this.#macros.add(name);
    this.#countRules(tree, source);
    const module = { ...this.#link(tree, source.file, dialect, as), unparsed };
    this.#modules.set(key, module);
    this.#order.push(module);
    return module;
  }

  /** Reports a program with too many rules, even if each file is small enough. */
  #countRules(tree: FileTree, { file }: Source): void {
    const { rules } = this.#limits;
    const wasWithin = this.#rules <= rules;
    const count = countRules(tree);
    this.#counts.set(file, count);
    this.#rules += count.rules;
    if (wasWithin && this.#rules > rules) {
      this.#diagnostics.push(report("E0262", { file, start: 0, end: 0 }, { rules }));
    }
  }

  #withDialect(source: Source): Source {
    return this.#options.dialect === undefined ? source : { ...source, dialect: this.#options.dialect };
  }

  #link(tree: FileTree, file: string, dialect: Dialect, as: string | undefined): Omit<Module, "unparsed"> {
    const declared = this.#overlayOf(tree);
    const aliases = new Map<string, string>();
    const plainImports: string[] = [];
    for (const statement of tree.statements) {
      if (statement.kind !== "import") continue;
      const imported = this.#import(statement, file);
      if (imported === undefined) continue;
      if (imported.declared === undefined && statement.as !== undefined) {
        this.#diagnostics.push(report("E0242", statement.as.span, { path: statement.path.text }));
      }
      if (imported.instance === undefined)
        for (const path of [imported.file, ...imported.plainImports]) plainImports.push(path);
      else aliases.set(statement.as?.text ?? imported.instance, imported.instance);
    }
    return {
      file,
      dialect,
      declared,
      instance: declared === undefined ? undefined : (as ?? declared),
      aliases,
      plainImports,
      tree,
    };
  }

  #import(statement: ImportDeclaration, from: string): Module | undefined {
    const source = this.#library.read(statement.path.text, from);
    if (source === undefined) {
      this.#diagnostics.push(report("E0202", statement.path.span, { path: statement.path.text }));
      return undefined;
    }
    return this.#module(source, statement.as?.text, statement);
  }

  #overlayOf(tree: FileTree): string | undefined {
    const declarations = tree.statements.filter((s): s is OverlayDeclaration => s.kind === "overlay");
    const [first, ...others] = declarations;
    for (const other of others) {
      this.#diagnostics.push(report("E0204", other.span, { first: (first as OverlayDeclaration).name.text }));
    }
    return first?.name.text;
  }
}

function countRules({ statements }: FileTree): RuleCount {
  const rules = statements.filter(({ kind }) => kind === "rule").length;
  const viewRules = statements
    .flatMap((one) => (one.kind === "view" ? one.body : []))
    .filter(({ kind }) => kind === "rule");
  return { rules, viewRules: viewRules.length };
}
