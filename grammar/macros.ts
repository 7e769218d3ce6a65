import { Name, type Token, Variable } from "./tokens.ts";

const MAX_DEPTH = 200;

export interface Macro {
  readonly name: string;
  readonly tokens: readonly Token[];
}

export type Macros = ReadonlyMap<string, Macro>;

/** Where the tokens of an expansion go. */
export interface Expansion {
  readonly macros: Macros;
  /** Asked before every token, also of those that are macros: a short text can mean a great many. */
  spendToken(): boolean;
  emit(token: Token): void;
  /** The macro leads through so many others that it was left as it is. */
  reportTooDeep(name: string, depth: number): void;
}

/** The macro a token names, if it names one. */
export function macroNamed(token: Token, macros: Macros): Macro | undefined {
  return token.tokenType === Name || token.tokenType === Variable ? macros.get(token.image) : undefined;
}

/**
 * Hands over what stands for a macro's name: its text, the macros in it replaced in turn, all of it at the place of
 * the name. A macro's own name within its text stays as it is, so that every expansion ends.
 */
export function expand(macro: Macro, use: Token, expansion: Expansion): void {
  expandWithin([macro], use, expansion);
}

function expandWithin(path: readonly Macro[], use: Token, expansion: Expansion): void {
  for (const token of path.at(-1)?.tokens ?? []) {
    if (!expansion.spendToken()) return;
    const inner = macroNamed(token, expansion.macros);
    if (inner !== undefined && !path.includes(inner) && isWithinDepth(path, inner, expansion)) {
      expandWithin([...path, inner], use, expansion);
    } else {
      expansion.emit(withPositionOf(use, token));
    }
  }
}

function isWithinDepth(path: readonly Macro[], inner: Macro, expansion: Expansion): boolean {
  if (path.length < MAX_DEPTH) return true;
  expansion.reportTooDeep(inner.name, MAX_DEPTH);
  return false;
}

function withPositionOf(use: Token, token: Token): Token {
  const { image, tokenType, tokenTypeIdx } = token;
  return { ...use, image, tokenType, tokenTypeIdx };
}

/** The macro's text, spaced as it was written. */
export function macroText(macro: Macro): string {
  return macro.tokens.map((token, index) => spaceBefore(macro.tokens[index - 1], token) + token.image).join("");
}

function spaceBefore(before: Token | undefined, token: Token): string {
  return before === undefined || before.end === token.startOffset ? "" : " ";
}

/** Whether two texts are the same tokens. */
export function sameTokens(one: readonly Token[], other: readonly Token[]): boolean {
  return one.length === other.length && one.every((token, index) => token.image === other[index]?.image);
}
