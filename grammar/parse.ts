/*
 * Entry of the grammar: source text to syntax tree. src/0-load calls parse() for each file. The text passes lex.ts,
 * preprocess.ts (directives, macros, includes) and parser.ts; all of them add to one DiagnosticCollector.
 */
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
  /** Macros that are defined before the first line, from `-D NAME=VALUE`. */
  readonly defines: ReadonlyMap<string, string>;
  /** Finds the file of an `#include`. Different files must have different names. */
  readonly load: Load;
  readonly limits?: TextLimits;
}

export interface ParseResult {
  /** Statements without syntax errors. If the diagnostics contain no error, these are all statements. */
  readonly tree: FileTree;
  readonly diagnostics: readonly Diagnostic[];
  /** The file and the files it includes, in the order of reading. */
  readonly sources: readonly Source[];
  /** Macros that are defined after the last line. */
  readonly defines: ReadonlyMap<string, string>;
  /** Dialect in which the file was read: the dialect of the source, unless a pragma or the style of the text overrides it. */
  readonly dialect: Dialect;
  /** Names that statements with syntax errors seem to declare or derive. Later checks report no errors about them. */
  readonly unparsed: ReadonlyMap<string, Unparsed>;
}

/** Parses a program. The result is a tree and diagnostics for any text; nothing throws. */
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
    tree: { file: source.file, statements, ...(text.neighbours === undefined ? {} : { neighbours: text.neighbours }) },
    diagnostics: withoutConsequences(diagnostics.sorted(text.sources.map(({ file }) => file))),
    sources: text.sources,
    defines: textsOf(text.macros),
    dialect,
    unparsed,
  };
}

/** Checks the limit of rules after preprocessing. Before, `#if` leaves open how many rules the text has. */
function withinRuleLimit(
  { tokens }: PreprocessedText,
  { file }: Source,
  { rules }: TextLimits,
  diagnostics: DiagnosticCollector,
): readonly Token[] {
  let count = 0;
  for (let at = 0; at < tokens.length; at++) if (tokens[at]?.tokenType === Implies) count++;
  if (count <= rules) return tokens;
  diagnostics.add(report("E0262", { file, start: 0, end: 0 }, { rules }));
  return [];
}

/** Drops errors about the locations of a construct that is refused as a whole, such as `#link(@X, @Y)`. */
function withoutConsequences(found: readonly Diagnostic[]): readonly Diagnostic[] {
  const refused = found.filter(({ code }) => code === "E0270");
  const isRefused = (span: Diagnostic["span"]): boolean =>
    refused.some((one) => one.span?.file === span?.file && one.span?.start === span?.start);
  return refused.length === 0 ? found : found.filter(({ code, span }) => code !== "E0146" || !isRefused(span));
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
