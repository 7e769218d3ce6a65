/*
 * Preprocessor: parse.ts calls preprocess() and passes its tokens to the parser. It lexes a file, executes its directives,
 * expands its macros and inserts the tokens of included files. Text of inactive `#if` branches is skipped, whatever it is.
 *
 * Invalid tokens are reported here and stay in the stream. When a program exceeds its limits, all tokens are dropped, because
 * a truncated program would cause misleading errors.
 */
import { tokenMatcher } from "chevrotain";
import type { DiagnosticCollector } from "./diagnostic-collector.ts";
import { IfStack } from "./if-stack.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { DIALECTS, dialectOf } from "./dialect.ts";
import { refusedLink } from "./refused-overlog.ts";
import { lex } from "./lex.ts";
import { unquote } from "./literals.ts";
import { type Expansion, expand, type Macro, macroNamed, sameTokens } from "./macros.ts";
import { type Facts, report } from "./report.ts";
import type { Dialect, Source } from "./span.ts";
import { countRules, type TextLimits } from "./text-limits.ts";
import {
  Bad,
  BadCharacter,
  BadName,
  BadQuotes,
  Continuation,
  Directive,
  LeftParen,
  Name,
  Shebang,
  spanOf,
  StringLiteral,
  type Token,
  UnclosedString,
  Variable,
} from "./tokens.ts";

const MEBIBYTE = 1024 * 1024;
const MAX_FILES = 1000;
/** Typical number of characters per token. The limit of expanded tokens is the limit of the file size divided by this number. */
const CHARACTERS_PER_MACRO_TOKEN = 8;

/** Finds the file that an `#include` in `fromFile` names. */
export type Load = (path: string, fromFile: string) => Source | undefined;

/** Result of preprocessing: the tokens of a program after all directives and macros. */
export interface PreprocessedText {
  readonly tokens: readonly Token[];
  /** The file and the files it includes, in the order of reading. */
  readonly sources: readonly Source[];
  readonly macros: ReadonlyMap<string, Macro>;
  /** Dialect of the last `#pragma dialect`. */
  readonly dialect: Dialect | undefined;
  /** Table of the last `#pragma neighbours`. */
  readonly neighbours: string | undefined;
}

/** Preprocesses a file and the files it includes. `defines` are macros that exist before its first line. */
export function preprocess(
  source: Source,
  defines: ReadonlyMap<string, string>,
  load: Load,
  diagnostics: DiagnosticCollector,
  limits: TextLimits,
): PreprocessedText {
  const preprocessor = new Preprocessor(load, diagnostics, limits);
  for (const [name, text] of defines) preprocessor.define(name, text);
  preprocessor.read(source);
  return preprocessor;
}

const FORMS: ReadonlyMap<string, string> = new Map([
  ["define", "#define NAME text"],
  ["undef", "#undef NAME"],
  ["include", '#include "file"'],
  ["ifdef", "#ifdef NAME"],
  ["ifndef", "#ifndef NAME"],
  ["if", "#if NAME == value"],
  ["elif", "#elif NAME == value"],
  ["else", "#else"],
  ["endif", "#endif"],
  ["error", '#error "text"'],
  ["pragma", "#pragma dialect NAME"],
]);

/** Directive with the tokens after it on its line. */
interface DirectiveLine {
  readonly name: string;
  readonly directive: Token;
  readonly rest: readonly Token[];
  readonly source: Source;
}

class Preprocessor implements PreprocessedText, Expansion {
  readonly tokens: Token[] = [];
  readonly sources: Source[] = [];
  readonly macros: Map<string, Macro> = new Map();
  dialect: Dialect | undefined;
  neighbours: string | undefined;

  readonly #load: Load;
  readonly #diagnostics: DiagnosticCollector;
  readonly #limits: TextLimits;
  readonly #maxTokens: number;
  readonly #maxExpandedTokens: number;
  /** Names of the files that are being read. Each file includes the next one. */
  readonly #path: string[] = [];
  #ifStack = new IfStack();
  #sourceTokens = 0;
  #expandedTokens = 0;
  #isTooLarge = false;

  constructor(load: Load, diagnostics: DiagnosticCollector, limits: TextLimits) {
    this.#load = load;
    this.#diagnostics = diagnostics;
    this.#limits = limits;
    this.#maxTokens = limits.source * MEBIBYTE;
    this.#maxExpandedTokens = this.#maxTokens / CHARACTERS_PER_MACRO_TOKEN;
  }

  define(name: string, text: string): void {
    const tokens = lex({ file: `-D ${name}`, text, dialect: "mozlog" }).tokens;
    for (const token of tokens) {
      if (!tokenMatcher(token, Bad)) continue;
      const bad = badToken(token);
      this.#diagnostics.add({ ...bad, span: undefined, message: `-D ${name}: ${bad.message}` });
    }
    this.macros.set(name, { name, tokens });
  }

  read(source: Source): void {
    this.sources.push(source);
    const error = textError(source, this.#limits);
    if (error !== undefined) return this.#diagnostics.add(error);
    const outerIfStack = this.#ifStack;
    this.#ifStack = new IfStack();
    this.#path.push(source.file);
    this.#readTokens(source);
    if (!this.#isTooLarge) this.#reportUnclosed();
    this.#path.pop();
    this.#ifStack = outerIfStack;
  }

  #reportUnclosed(): void {
    for (const directive of this.#ifStack.unclosed) this.#report("E0124", directive, { directive: directive.image });
  }

  spendTokens(count: number): boolean {
    this.#expandedTokens += count;
    return this.#expandedTokens <= this.#maxExpandedTokens;
  }

  emit(token: Token): void {
    this.tokens.push(token);
  }

  reportTooDeep(name: string, depth: number): void {
    const use = this.tokens.at(-1);
    this.#diagnostics.add(report("E0130", use === undefined ? undefined : spanOf(use), { name, depth }));
  }

  #readTokens(source: Source): void {
    const { tokens, comments } = lex(source);
    for (const comment of comments) this.#checkComment(source, comment);
    let at = 0;
    while (at < tokens.length && !this.#diagnostics.isFull) {
      const token = tokens[at] as Token;
      at += 1;
      if (token.tokenType === Directive) at = this.#readDirective(source, tokens, at);
      else if (this.#ifStack.isActive) this.#readToken(token);
      if (this.#expandedTokens > this.#maxExpandedTokens) {
        return this.#reportTooLarge(token, `the macros expand to more than ${this.#maxExpandedTokens} tokens`);
      }
      if (this.#sourceTokens > this.#maxTokens) {
        return this.#reportTooLarge(
          token,
          `the program and the files it includes have more than ${this.#maxTokens} tokens`,
        );
      }
      if (this.#isTooLarge) return;
    }
  }

  #checkComment(source: Source, comment: { readonly start: number; readonly text: string }): void {
    const inner = comment.text.indexOf("/*", 2);
    if (inner < 0) return;
    const start = comment.start + inner;
    this.#diagnostics.add(report("W0101", { file: source.file, start, end: start + 2 }, {}));
  }

  #readToken(token: Token): void {
    if (token.tokenType === Continuation) return;
    if (token.tokenType === Shebang) return this.#readShebang(token);
    const macro = macroNamed(token, this.macros);
    this.#sourceTokens += 1;
    if (macro !== undefined) return expand(macro, token, this);
    if (tokenMatcher(token, Bad)) this.#diagnostics.add(badToken(token));
    this.tokens.push(token);
  }

  #readShebang(token: Token): void {
    if (token.startOffset > 0) this.#report("E0120", token, { directive: "#!", known: knownDirectives() });
  }

  /** Executes the directive of a line. Returns the index of the first token after the line. */
  #readDirective(source: Source, tokens: readonly Token[], start: number): number {
    const directive = tokens[start - 1] as Token;
    const { rest, end } = restOfLine(tokens, start);
    const name = directive.image.slice(1).trim();
    const refused = FORMS.has(name) || !this.#ifStack.isActive ? undefined : refusedLink(directive, tokens[start]);
    if (refused !== undefined) {
      this.#diagnostics.add(refused);
      this.tokens.push({ ...directive, image: name, tokenType: Name, tokenTypeIdx: Name.tokenTypeIdx ?? 0 });
      return start;
    }
    this.#execute({ name, directive, rest, source });
    return end;
  }

  #execute(line: DirectiveLine): void {
    if (this.#executeConditional(line) || !this.#ifStack.isActive) return;
    const { directive } = line;
    if (!FORMS.has(line.name)) {
      return this.#report("E0120", directive, { directive: directive.image, known: knownDirectives() });
    }
    if (!directive.isFirstOnLine) return this.#report("E0122", directive, { directive: directive.image });
    this.#executeAction(line);
  }

  /** Executes the directive if it is a conditional, also in inactive text, where conditionals nest. Returns whether it is a conditional. */
  #executeConditional(line: DirectiveLine): boolean {
    switch (line.name) {
      case "ifdef":
        this.#ifStack.if(line.directive, () => this.#isDefined(line));
        return true;
      case "ifndef":
        this.#ifStack.if(line.directive, () => !this.#isDefined(line));
        return true;
      case "if":
        this.#ifStack.if(line.directive, () => this.#evaluate(line));
        return true;
      case "elif":
        this.#requireOpenIf(
          line,
          this.#ifStack.elif(() => this.#evaluate(line)),
        );
        return true;
      case "else":
        this.#requireOpenIf(line, this.#ifStack.else());
        return true;
      case "endif":
        this.#requireOpenIf(line, this.#ifStack.endif());
        return true;
      default:
        return false;
    }
  }

  #executeAction(line: DirectiveLine): void {
    switch (line.name) {
      case "define":
        return this.#defineMacro(line);
      case "undef":
        return this.#undefine(line);
      case "include":
        return this.#include(line);
      case "error":
        return this.#report("E0127", line.directive, { text: this.#textOf(line) });
      default:
        return this.#pragma(line);
    }
  }

  #requireOpenIf({ directive }: DirectiveLine, allowed: boolean): void {
    if (!allowed) this.#report("E0123", directive, { directive: directive.image });
  }

  #isDefined(line: DirectiveLine): boolean {
    const [name, ...more] = line.rest;
    if (name === undefined || more.length > 0 || !isMacroName(name)) this.#reportMalformed(line);
    return name !== undefined && this.macros.has(name.image);
  }

  /** Evaluates `NAME == value` or `NAME != value` on expanded tokens. A name that is not a macro stays unchanged. */
  #evaluate(line: DirectiveLine): boolean {
    const at = line.rest.findIndex((token) => token.image === "==" || token.image === "!=");
    const [left, right] = [line.rest.slice(0, at), line.rest.slice(at + 1)];
    if (at !== 1 || right.length === 0 || !isMacroName(left[0] as Token)) {
      this.#reportMalformed(line);
      return false;
    }
    const same = sameTokens(this.#expanded(left), this.#expanded(right));
    return line.rest[at]?.image === "==" ? same : !same;
  }

  #expanded(tokens: readonly Token[]): readonly Token[] {
    const expanded: Token[] = [];
    const expansion: Expansion = {
      macros: this.macros,
      spendTokens: (count) => this.spendTokens(count),
      emit: (token) => expanded.push(token),
      reportTooDeep: (name, depth) => this.reportTooDeep(name, depth),
    };
    for (const token of tokens) {
      const macro = macroNamed(token, this.macros);
      if (macro === undefined) expanded.push(token);
      else expand(macro, token, expansion);
    }
    return expanded;
  }

  #defineMacro(line: DirectiveLine): void {
    const [name, ...tokens] = line.rest;
    if (name === undefined || !isMacroName(name)) return this.#reportMalformed(line);
    const first = tokens[0];
    if (first?.tokenType === LeftParen && first.startOffset === name.end) {
      return this.#report("E0128", name, { name: name.image });
    }
    for (const token of tokens) if (tokenMatcher(token, Bad)) this.#diagnostics.add(badToken(token));
    const before = this.macros.get(name.image);
    if (before !== undefined && !sameTokens(before.tokens, tokens)) this.#report("W0103", name, { name: name.image });
    this.macros.set(name.image, { name: name.image, tokens: tokens.filter((token) => !tokenMatcher(token, Bad)) });
  }

  #undefine(line: DirectiveLine): void {
    const [name, ...more] = line.rest;
    if (name === undefined || more.length > 0 || !isMacroName(name)) return this.#reportMalformed(line);
    this.macros.delete(name.image);
  }

  #include(line: DirectiveLine): void {
    const [name, ...more] = line.rest;
    if (name?.tokenType !== StringLiteral || more.length > 0) return this.#reportMalformed(line);
    const path = unquote(name, this.#diagnostics);
    const source = this.#load(path, line.source.file);
    if (source === undefined) return this.#report("E0125", name, { path });
    if (this.#path.includes(source.file)) {
      return this.#report("E0126", name, { chain: [...this.#path, source.file] });
    }
    if (this.sources.length >= MAX_FILES) {
      return this.#reportTooLarge(line.directive, `the program includes more than ${MAX_FILES} files`);
    }
    this.read(source);
  }

  #pragma(line: DirectiveLine): void {
    const text = this.#textOf(line);
    const [word, name] = text.split(/\s+/);
    if (/^neighbou?rs$/.test(word ?? "") && name !== undefined) {
      this.neighbours = name;
      return;
    }
    if (word !== "dialect") return this.#report("W0104", line.directive, { text });
    if (name === undefined) return this.#reportMalformed(line);
    const dialect = dialectOf(name);
    if (dialect === undefined) return this.#report("E0131", line.directive, { name, dialects: DIALECTS });
    this.dialect = dialect;
  }

  #textOf({ source, rest }: DirectiveLine): string {
    const [first, last] = [rest[0], rest.at(-1)];
    if (first === undefined || last === undefined) return "";
    return first.tokenType === StringLiteral
      ? unquote(first, this.#diagnostics)
      : source.text.slice(first.startOffset, last.end);
  }

  #reportMalformed({ name, directive, rest }: DirectiveLine): void {
    const span = spanOf(directive, rest.at(-1));
    const form = FORMS.get(name) ?? "";
    this.#diagnostics.add(report("E0121", span, { directive: directive.image, form }));
  }

  /** Reports an exceeded limit once and drops all tokens, because a truncated program would look like a syntax error. */
  #reportTooLarge(token: Token, excess: string): void {
    this.tokens.length = 0;
    if (!this.#isTooLarge) this.#report("E0129", token, { excess });
    this.#isTooLarge = true;
  }

  #report<C extends Parameters<typeof report>[0]>(code: C, token: Token, facts: Facts<C>): void {
    this.#diagnostics.add(report(code, spanOf(token), facts));
  }
}

function textError({ file, text }: Source, { source, rules }: TextLimits): Diagnostic | undefined {
  const top = { file, start: 0, end: 0 };
  if (text.length > source * MEBIBYTE) return report("E0111", top, { mebibytes: source });
  if ((countRules(text) ?? 0) > rules) return report("E0262", top, { rules });
  const start = text.search(/[\0\p{Surrogate}]/u);
  if (start < 0) return undefined;
  const content = text[start] === "\0" ? "a NUL character" : "bytes that are not UTF-8";
  return report("E0112", { file, start, end: start + 1 }, { content });
}

/** Returns the tokens after a directive on its line, with continuations, and the index of the first token after them. */
function restOfLine(tokens: readonly Token[], start: number): { readonly rest: Token[]; readonly end: number } {
  const rest: Token[] = [];
  let end = start;
  let isContinued = false;
  for (; end < tokens.length; end += 1) {
    const token = tokens[end] as Token;
    if (token.isFirstOnLine && !isContinued) break;
    isContinued = token.tokenType === Continuation;
    if (!isContinued) rest.push(token);
  }
  return { rest, end };
}

function isMacroName(token: Token): boolean {
  return token.tokenType === Variable || (token.tokenType === Name && !token.image.includes("."));
}

function knownDirectives(): readonly string[] {
  return [...FORMS.keys()].map((name) => `#${name}`);
}

function badToken(token: Token): Diagnostic {
  const span = spanOf(token);
  switch (token.tokenType) {
    case BadCharacter:
      return report("E0101", span, { text: token.image });
    case BadName:
      return report("E0105", span, { name: token.image });
    case BadQuotes:
      return report("E0104", span, {});
    case UnclosedString:
      return report("E0102", span, {});
    default:
      return report("E0103", { ...span, end: span.start + 2 }, {});
  }
}
