import type { FileTree } from "./ast.ts";
import { DiagnosticCollector } from "./diagnostic-collector.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { looksFlat } from "./dialect.ts";
import { type Macro, macroText } from "./macros.ts";
import { parseTokens } from "./parser.ts";
import { type Load, type PreprocessedText, preprocess } from "./preprocess.ts";
import type { Dialect, Source, Span } from "./span.ts";
import { report } from "./report.ts";
import { TEXT_LIMITS, type TextLimits } from "./text-limits.ts";
import { Implies, type Token } from "./tokens.ts";
import type { Unparsed } from "./unparsed.ts";

export interface ParseOptions {
  /** Macros as if defined before the first line: `-D NAME=VALUE`. */
  readonly defines: ReadonlyMap<string, string>;
  /** Finds the file that an `#include` names. Two files must not have one name. */
  readonly load: Load;
  readonly limits?: TextLimits;
}

export interface ParseResult {
  /** The statements that were understood: without an error among the diagnostics, all of them. */
  readonly tree: FileTree;
  readonly diagnostics: readonly Diagnostic[];
  /** The file and all it includes, in the order of reading. */
  readonly sources: readonly Source[];
  /** The macros as they are after the last line. */
  readonly defines: ReadonlyMap<string, string>;
  /** The dialect the file was read in: what it was given as, unless the text itself says or shows another. */
  readonly dialect: Dialect;
  /** What the statements that were not understood seem to declare, or to make. */
  readonly unparsed: ReadonlyMap<string, Unparsed>;
}

/** Reads a program. Whatever the text, the outcome is a tree and diagnostics. */
export function parse(source: Source, options: ParseOptions): ParseResult {
  const diagnostics = new DiagnosticCollector();
  const limits = options.limits ?? TEXT_LIMITS;
  const text = preprocess(source, options.defines, options.load, diagnostics, limits);
  const dialect = dialectOfText(source, text);
  const unparsed = new Map<string, Unparsed>();
  const statements = parseTokens(withinRuleLimit(text, source, limits, diagnostics), {
    dialect,
    diagnostics,
    textOf: slicer(text.sources),
    nesting: limits.nesting,
    unparsed,
  });
  return {
    tree: { file: source.file, statements },
    diagnostics: diagnostics.sorted(text.sources.map(({ file }) => file)),
    sources: text.sources,
    defines: textsOf(text.macros),
    dialect,
    unparsed,
  };
}

/** Where conditions decide which rules count, a glance at the text could not tell how many there are. */
function withinRuleLimit(
  { tokens }: PreprocessedText,
  { file }: Source,
  { rules }: TextLimits,
  diagnostics: DiagnosticCollector,
): readonly Token[] {
  let count = 0;
  for (const { tokenType } of tokens) if (tokenType === Implies) count++;
  if (count <= rules) return tokens;
  diagnostics.add(report("E0262", { file, start: 0, end: 0 }, { rules }));
  return [];
}

function dialectOfText({ dialect }: Source, text: PreprocessedText): Dialect {
  if (text.dialect !== undefined) return text.dialect;
  return dialect === "overlog" && looksFlat(text.tokens) ? "overlog-flat" : dialect;
}

function slicer(sources: readonly Source[]): (span: Span) => string {
  const texts = new Map(sources.map(({ file, text }) => [file, text]));
  return ({ file, start, end }) => texts.get(file)?.slice(start, end) ?? "";
}

function textsOf(macros: ReadonlyMap<string, Macro>): ReadonlyMap<string, string> {
  return new Map([...macros].map(([name, macro]) => [name, macroText(macro)]));
}
