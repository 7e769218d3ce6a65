import { Name, type Token, Variable } from "./tokens.ts";

const MAX_DEPTH = 200;

export interface Macro {
  readonly name: string;
  readonly tokens: readonly Token[];
}

export type Macros = ReadonlyMap<string, Macro>;

/** Receiver of the tokens of an expansion. */
export interface Expansion {
  readonly macros: Macros;
  /**
   * Counts tokens against the limit and returns whether the expansion may continue. Called before the tokens are emitted, and also
   * for macro names, because a short text can expand to a huge number of tokens.
   */
  spendTokens(count: number): boolean;
  emit(token: Token): void;
  /** Reports that the chain of macros is too long. The macro `name` is left unexpanded. */
  reportTooDeep(name: string, depth: number): void;
}

/** Returns the macro that a token names, or undefined. */
export function macroNamed(token: Token, macros: Macros): Macro | undefined {
  return token.tokenType === Name || token.tokenType === Variable ? macros.get(token.image) : undefined;
}

/**
 * Emits the tokens of a macro, expanding the macros in it. All tokens get the position of the macro's use. A macro is not
 * expanded within its own expansion, so every expansion ends.
 */
export function expand(macro: Macro, use: Token, expansion: Expansion): void {
  const size = expansionSize(macro, expansion.macros, new Map());
  if (size === undefined) expandWithin([macro], use, expansion, () => expansion.spendTokens(1));
  else if (expansion.spendTokens(size)) expandWithin([macro], use, expansion, () => true);
}

/**
 * Returns the number of tokens of an expansion, including the names of macros in it. Undefined if a macro names itself through other
 * macros, or if the expansion has too many macros. `known` has the result for each macro, so that it is counted once; the entry of a macro
 * that is being counted is undefined.
 */
function expansionSize(macro: Macro, macros: Macros, known: Map<Macro, number | undefined>): number | undefined {
  if (known.has(macro) || known.size >= MAX_DEPTH) return known.get(macro);
  known.set(macro, undefined);
  let size = 0;
  for (const token of macro.tokens) {
    const named = macroNamed(token, macros);
    const inner = named === undefined ? 0 : expansionSize(named, macros, known);
    if (inner === undefined) return undefined;
    size += 1 + inner;
  }
  known.set(macro, size);
  return size;
}

function expandWithin(path: readonly Macro[], use: Token, expansion: Expansion, spend: () => boolean): void {
  for (const token of path.at(-1)?.tokens ?? []) {
    if (!spend()) return;
    const inner = macroNamed(token, expansion.macros);
    if (inner !== undefined && !path.includes(inner) && isWithinDepth(path, inner, expansion)) {
      expandWithin([...path, inner], use, expansion, spend);
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

/** Returns the text of a macro, with a single space wherever the definition has spaces. */
export function macroText(macro: Macro): string {
  return macro.tokens.map((token, index) => spaceBefore(macro.tokens[index - 1], token) + token.image).join("");
}

function spaceBefore(before: Token | undefined, token: Token): string {
  return before === undefined || before.end === token.startOffset ? "" : " ";
}

/** Returns whether two token sequences have the same text. */
export function sameTokens(one: readonly Token[], other: readonly Token[]): boolean {
  return one.length === other.length && one.every((token, index) => token.image === other[index]?.image);
}
