import type { Diagnostic } from "../../grammar/diagnostic.ts";
import type { FileTree, ImportDeclaration, OverlayDeclaration } from "../../grammar/ast.ts";
import type { ViewOptimisations } from "../program/view-optimisations.ts";
import type { Unparsed } from "../../grammar/unparsed.ts";
import { parse } from "../../grammar/parse.ts";
import { report } from "../../grammar/report.ts";
import type { Dialect, Source } from "../../grammar/span.ts";
import { TEXT_LIMITS, type TextLimits } from "../../grammar/text-limits.ts";

/** Reads program files; the only way the compiler sees the world. */
export interface Library {
  /** The file that `from` means by `path`, or a shipped program of that name; undefined when there is none. */
  read(path: string, from: string | undefined): Source | undefined;
  /** Of what the command line names and cannot be read. */
  explainFailure(path: string): ReadFailure;
}

export interface ReadFailure {
  /** In a few words. */
  readonly reason: string;
  /** What to write instead. */
  readonly help: string | undefined;
}

export interface LoadOptions {
  readonly defines: ReadonlyMap<string, string>;
  /** That of the files named to `load`; what they import is as its ending says. */
  readonly dialect: Dialect | undefined;
  /** All places are one, as for a Datalog engine. */
  readonly ignoresLocations?: boolean;
  /** Only what is wrong is wanted, and no plan. */
  readonly checksOnly?: boolean;
  readonly limits?: TextLimits | undefined;
  /** All when left out. */
  readonly optimisations?: ViewOptimisations | undefined;
}

/** One file as part of the program, under the name its overlay goes by there. */
export interface Module {
  readonly file: string;
  readonly dialect: Dialect;
  /** The overlay the file declares, as its text calls it. */
  readonly declared: string | undefined;
  /** The name this instance of it goes by. */
  readonly instance: string | undefined;
  /** What the file's imports are called in its text: alias to instance name. */
  readonly aliases: ReadonlyMap<string, string>;
  /** Imported files that define no overlay: their names are used as they are. */
  readonly plainImports: readonly string[];
  readonly tree: FileTree;
  /** What statements of the file that were not understood seem to declare, or to make. */
  readonly unparsed: ReadonlyMap<string, Unparsed>;
}

/** The rules of a file itself, outside and inside of its `def`s; facts and declarations are not rules. */
export interface RuleCount {
  readonly rules: number;
  readonly viewRules: number;
}

export interface Loaded {
  readonly modules: readonly Module[];
  /** By file. */
  readonly counts: ReadonlyMap<string, RuleCount>;
  readonly sources: readonly Source[];
  readonly diagnostics: readonly Diagnostic[];
  /** The names of macros that any of the files, or the command line, defines. */
  readonly macros: ReadonlySet<string>;
}

/** Parses the files and whatever they import, each instance once. */
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
    return known ?? this.#parse(key, source, as);
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
    if (isNew) this.#diagnostics.push(...diagnostics);
    for (const name of defines.keys()) this.#macros.add(name);
    this.#countRules(tree, source);
    const module = { ...this.#link(tree, source.file, dialect, as), unparsed };
    this.#modules.set(key, module);
    this.#order.push(module);
    return module;
  }

  /** Files may each be small enough, and their sum not. */
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
      if (imported.instance === undefined) plainImports.push(imported.file, ...imported.plainImports);
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
