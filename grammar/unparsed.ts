import { EOF, type TokenType } from "chevrotain";
import type { Peek } from "./lookahead.ts";
import { At, Dot, Implies, LeftParen, Name, type Token, Variable } from "./tokens.ts";

/**
 * Role of a name in a statement with a syntax error. Later checks report no follow-up errors about such names. A declaration whose name
 * cannot be read has the name "".
 */
export type Unparsed = "declared" | "derived";

/** Maximum number of tokens that are searched for the name. */
const MAX_TOKENS = 100;

/**
 * Guesses the name in an abandoned statement, and whether the statement declares or derives it. The statement may lack its keyword, as in
 * `(link, infinity, infinity, keys(1)).`, or its name, as in `materialize(, infinity, ..`, which gives the name "".
 * `declared` is the name that the parser read before the error, if any.
 */
export function unparsedStatement(
  peek: Peek,
  first: Token,
  declared: string | undefined,
): readonly [string, Unparsed | undefined] {
  if (declared !== undefined) return [declared, "declared"];
  const tokens = tokensOf(peek, first);
  const named = (type: TokenType, step: number): string | undefined =>
    tokens.find((token, at) => isName(token) && tokens[at + step]?.tokenType === type)?.image;
  if (tokens.some(({ image }) => image === "keys" || image === "materialize")) {
    return [named(LeftParen, -1) ?? "", "declared"];
  }
  const head = named(LeftParen, 1) ?? named(At, 1);
  return head === undefined || tokens.at(-1)?.tokenType !== Implies ? ["", undefined] : [head, "derived"];
}

/** Returns the tokens from `first` to the next `.` or `:-`, inclusive. */
function tokensOf(peek: Peek, first: Token): readonly Token[] {
  let at = 1;
  while (peek(at) !== first && at > -MAX_TOKENS) at -= 1;
  const tokens: Token[] = [];
  for (; tokens.length < MAX_TOKENS; at += 1) {
    const token = peek(at);
    if (token.tokenType === EOF) break;
    tokens.push(token);
    if (token.tokenType === Implies || (token.tokenType === Dot && at > 0)) break;
  }
  return tokens;
}

function isName({ tokenType }: Token): boolean {
  return tokenType === Name || tokenType === Variable;
}
