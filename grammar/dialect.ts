import type { Dialect } from "./span.ts";
import { At, Colon, LeftParen, Name, NumberLiteral, type Token, Variable } from "./tokens.ts";

export const DIALECTS: readonly Dialect[] = ["mozlog", "overlog", "overlog-flat"];

/** Returns the dialect of the name, or undefined. */
export function dialectOf(name: string): Dialect | undefined {
  return DIALECTS.find((dialect) => dialect === name);
}

/**
 * Returns whether an OverLog text is from a version of OverLog without operator precedence. Such texts have typed keys, or repeat a
 * location as the first argument.
 */
export function looksFlat(tokens: readonly Token[]): boolean {
  return tokens.some(
    (token, at) =>
      token.tokenType === Name &&
      ((token.image === "keys" && areTyped(tokens, at + 1)) || repeatsLocation(tokens, at + 1)),
  );
}

/** `(4:list)` */
function areTyped(tokens: readonly Token[], at: number): boolean {
  return areOf(tokens, at, [LeftParen, NumberLiteral, Colon]);
}

/** `@X(X` */
function repeatsLocation(tokens: readonly Token[], at: number): boolean {
  return areOf(tokens, at, [At, Variable, LeftParen, Variable]) && tokens[at + 1]?.image === tokens[at + 3]?.image;
}

function areOf(tokens: readonly Token[], at: number, types: readonly Token["tokenType"][]): boolean {
  return types.every((type, index) => tokens[at + index]?.tokenType === type);
}
