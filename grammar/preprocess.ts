import { tokenMatcher } from "chevrotain";
import type { Complaints } from "./complaints.ts";
import { Conditions } from "./conditions.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { DIALECTS, dialectOf } from "./dialect.ts";
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
const MOST_FILES = 1000;
/** A text has so many characters for each of its tokens, about; macros make as many tokens as they like of a few. */
const CHARACTERS_PER_MACRO_TOKEN = 8;

/** Finds the file that an `#include` names. */
export type Load = (path: string, fromFile: string) => Source | undefined;

/** A program's tokens, its directives obeyed and its macros replaced. */
export interface PreprocessedText {
  readonly tokens: readonly Token[];
  /** The file and all it includes, in the order of reading. */
  readonly sources: readonly Source[];
  readonly macros: ReadonlyMap<string, Macro>;
  /** What the file asks for with `#pragma dialect`. */
  readonly dialect: Dialect | undefined;
}

/** Reads a file and what it includes. `defines` are macros as if defined before its first line. */
export function preprocess(
  source: Source,
  defines: ReadonlyMap<string, string>,
  load: Load,
  complaints: Complaints,
  limits: TextLimits,
): PreprocessedText {
  const preprocessor = new Preprocessor(load, complaints, limits);
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

/** One directive and what stands behind it on its line. */
interface Line {
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

  readonly #load: Load;
  readonly #complaints: Complaints;
  readonly #limits: TextLimits;
  readonly #mostTokens: number;
  readonly #mostMade: number;
  /** The files being read, each including the next. */
  readonly #path: string[] = [];
  #conditions = new Conditions();
  #taken = 0;
  #made = 0;
  #isTooLarge = false;

  constructor(load: Load, complaints: Complaints, limits: TextLimits) {
    this.#load = load;
    this.#complaints = complaints;
    this.#limits = limits;
    this.#mostTokens = limits.source * MEBIBYTE;
    this.#mostMade = this.#mostTokens / CHARACTERS_PER_MACRO_TOKEN;
  }

  define(name: string, text: string): void {
    const tokens = lex({ file: `-D ${name}`, text, dialect: "mozlog" }).tokens;
    for (const token of tokens) {
      if (tokenMatcher(token, Bad)) this.#complaints.add({ ...badToken(token), span: undefined });
    }
    this.macros.set(name, { name, tokens });
  }

  read(source: Source): void {
    this.sources.push(source);
    const refusal = whyRefused(source, this.#limits);
    if (refusal !== undefined) return this.#complaints.add(refusal);
    const outside = this.#conditions;
    this.#conditions = new Conditions();
    this.#path.push(source.file);
    this.#readTokens(source);
    if (!this.#isTooLarge) this.#complainOfOpenings();
    this.#path.pop();
    this.#conditions = outside;
  }

  #complainOfOpenings(): void {
    for (const opening of this.#conditions.openings) this.#complain("E0124", opening, { directive: opening.image });
  }

  mayGoOn(): boolean {
    this.#made += 1;
    return this.#made <= this.#mostMade;
  }

  take(token: Token): void {
    this.tokens.push(token);
  }

  tooDeep(name: string, depth: number): void {
    const use = this.tokens.at(-1);
    this.#complaints.add(report("E0130", use === undefined ? undefined : spanOf(use), { name, depth }));
  }

  #readTokens(source: Source): void {
    const { tokens, comments } = lex(source);
    for (const comment of comments) this.#readComment(source, comment);
    let at = 0;
    while (at < tokens.length && !this.#complaints.full) {
      const token = tokens[at] as Token;
      at += 1;
      if (token.tokenType === Directive) at = this.#readLine(source, tokens, at);
      else if (this.#conditions.reading) this.#readToken(token);
      if (this.#made > this.#mostMade) {
        return this.#complainOfSize(token, `its macros stand for more than ${this.#mostMade} tokens`);
      }
      if (this.#taken > this.#mostTokens) {
        return this.#complainOfSize(token, `with its includes the program has more than ${this.#mostTokens} tokens`);
      }
      if (this.#isTooLarge) return;
    }
  }

  #readComment(source: Source, comment: { readonly start: number; readonly text: string }): void {
    const inner = comment.text.indexOf("/*", 2);
    if (inner < 0) return;
    const start = comment.start + inner;
    this.#complaints.add(report("W0101", { file: source.file, start, end: start + 2 }, {}));
  }

  #readToken(token: Token): void {
    if (token.tokenType === Continuation) return;
    if (token.tokenType === Shebang) return this.#readShebang(token);
    const macro = macroNamed(token, this.macros);
    this.#taken += 1;
    if (macro !== undefined) return expand(macro, token, this);
    if (tokenMatcher(token, Bad)) this.#complaints.add(badToken(token));
    this.tokens.push(token);
  }

  #readShebang(token: Token): void {
    if (token.startOffset > 0) this.#complain("E0120", token, { directive: "#!", known: knownDirectives() });
  }

  /** Returns the index of the token after the line. */
  #readLine(source: Source, tokens: readonly Token[], start: number): number {
    const directive = tokens[start - 1] as Token;
    const { rest, end } = restOfLine(tokens, start);
    const name = directive.image.slice(1).trim();
    this.#obey({ name, directive, rest, source });
    return end;
  }

  #obey(line: Line): void {
    if (this.#obeyCondition(line) || !this.#conditions.reading) return;
    const { directive } = line;
    if (!FORMS.has(line.name)) {
      return this.#complain("E0120", directive, { directive: directive.image, known: knownDirectives() });
    }
    if (!directive.opensLine) return this.#complain("E0122", directive, { directive: directive.image });
    this.#obeyAction(line);
  }

  /** Whether the directive is one of those that count also where nothing is read. */
  #obeyCondition(line: Line): boolean {
    switch (line.name) {
      case "ifdef":
        this.#conditions.open(line.directive, () => this.#isDefined(line));
        return true;
      case "ifndef":
        this.#conditions.open(line.directive, () => !this.#isDefined(line));
        return true;
      case "if":
        this.#conditions.open(line.directive, () => this.#compare(line));
        return true;
      case "elif":
        this.#place(
          line,
          this.#conditions.openNext(() => this.#compare(line)),
        );
        return true;
      case "else":
        this.#place(line, this.#conditions.openRest());
        return true;
      case "endif":
        this.#place(line, this.#conditions.close());
        return true;
      default:
        return false;
    }
  }

  #obeyAction(line: Line): void {
    switch (line.name) {
      case "define":
        return this.#defineMacro(line);
      case "undef":
        return this.#undefine(line);
      case "include":
        return this.#include(line);
      case "error":
        return this.#complain("E0127", line.directive, { text: this.#textOf(line) });
      default:
        return this.#pragma(line);
    }
  }

  #place({ directive }: Line, allowed: boolean): void {
    if (!allowed) this.#complain("E0123", directive, { directive: directive.image });
  }

  #isDefined(line: Line): boolean {
    const [name, ...more] = line.rest;
    if (name === undefined || more.length > 0 || !isMacroName(name)) this.#complainOfForm(line);
    return name !== undefined && this.macros.has(name.image);
  }

  /** A name that is no macro stands for itself. */
  #compare(line: Line): boolean {
    const at = line.rest.findIndex((token) => token.image === "==" || token.image === "!=");
    const [left, right] = [line.rest.slice(0, at), line.rest.slice(at + 1)];
    if (at !== 1 || right.length === 0 || !isMacroName(left[0] as Token)) {
      this.#complainOfForm(line);
      return false;
    }
    const same = sameTokens(this.#expanded(left), this.#expanded(right));
    return line.rest[at]?.image === "==" ? same : !same;
  }

  #expanded(tokens: readonly Token[]): readonly Token[] {
    const expanded: Token[] = [];
    const expansion: Expansion = {
      macros: this.macros,
      mayGoOn: () => this.mayGoOn(),
      take: (token) => expanded.push(token),
      tooDeep: (name, depth) => this.tooDeep(name, depth),
    };
    for (const token of tokens) {
      const macro = macroNamed(token, this.macros);
      if (macro === undefined) expanded.push(token);
      else expand(macro, token, expansion);
    }
    return expanded;
  }

  #defineMacro(line: Line): void {
    const [name, ...tokens] = line.rest;
    if (name === undefined || !isMacroName(name)) return this.#complainOfForm(line);
    const first = tokens[0];
    if (first?.tokenType === LeftParen && first.startOffset === name.end) {
      return this.#complain("E0128", name, { name: name.image });
    }
    for (const token of tokens) if (tokenMatcher(token, Bad)) this.#complaints.add(badToken(token));
    const before = this.macros.get(name.image);
    if (before !== undefined && !sameTokens(before.tokens, tokens)) this.#complain("W0103", name, { name: name.image });
    this.macros.set(name.image, { name: name.image, tokens: tokens.filter((token) => !tokenMatcher(token, Bad)) });
  }

  #undefine(line: Line): void {
    const [name, ...more] = line.rest;
    if (name === undefined || more.length > 0 || !isMacroName(name)) return this.#complainOfForm(line);
    this.macros.delete(name.image);
  }

  #include(line: Line): void {
    const [name, ...more] = line.rest;
    if (name?.tokenType !== StringLiteral || more.length > 0) return this.#complainOfForm(line);
    const path = unquote(name, this.#complaints);
    const source = this.#load(path, line.source.file);
    if (source === undefined) return this.#complain("E0125", name, { path });
    if (this.#path.includes(source.file)) {
      return this.#complain("E0126", name, { chain: [...this.#path, source.file] });
    }
    if (this.sources.length >= MOST_FILES) {
      return this.#complainOfSize(line.directive, `the program includes more than ${MOST_FILES} files`);
    }
    this.read(source);
  }

  #pragma(line: Line): void {
    const text = this.#textOf(line);
    const [word, name] = text.split(/\s+/);
    if (word !== "dialect") return this.#complain("W0104", line.directive, { text });
    if (name === undefined) return this.#complainOfForm(line);
    const dialect = dialectOf(name);
    if (dialect === undefined) return this.#complain("E0131", line.directive, { name, dialects: DIALECTS });
    this.dialect = dialect;
  }

  #textOf({ source, rest }: Line): string {
    const [first, last] = [rest[0], rest.at(-1)];
    if (first === undefined || last === undefined) return "";
    return first.tokenType === StringLiteral
      ? unquote(first, this.#complaints)
      : source.text.slice(first.startOffset, last.end);
  }

  #complainOfForm({ name, directive, rest }: Line): void {
    const span = spanOf(directive, rest.at(-1));
    const form = FORMS.get(name) ?? "";
    this.#complaints.add(report("E0121", span, { directive: directive.image, form }));
  }

  /** Says so once, and lets nothing be read, since what was cut off would look like an error. */
  #complainOfSize(token: Token, what: string): void {
    this.tokens.length = 0;
    if (!this.#isTooLarge) this.#complain("E0129", token, { what });
    this.#isTooLarge = true;
  }

  #complain<C extends Parameters<typeof report>[0]>(code: C, token: Token, facts: Facts<C>): void {
    this.#complaints.add(report(code, spanOf(token), facts));
  }
}

function whyRefused({ file, text }: Source, { source, rules }: TextLimits): Diagnostic | undefined {
  const top = { file, start: 0, end: 0 };
  if (text.length > source * MEBIBYTE) return report("E0111", top, { mebibytes: source });
  if ((countRules(text) ?? 0) > rules) return report("E0262", top, { rules });
  const start = text.search(/[\0\p{Surrogate}]/u);
  if (start < 0) return undefined;
  const what = text[start] === "\0" ? "a NUL character" : "bytes that are no character";
  return report("E0112", { file, start, end: start + 1 }, { what });
}

/** The tokens behind a directive, and the index of the first that belongs to another line. */
function restOfLine(tokens: readonly Token[], start: number): { readonly rest: Token[]; readonly end: number } {
  const rest: Token[] = [];
  let end = start;
  let goesOn = false;
  for (; end < tokens.length; end += 1) {
    const token = tokens[end] as Token;
    if (token.opensLine && !goesOn) break;
    goesOn = token.tokenType === Continuation;
    if (!goesOn) rest.push(token);
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
