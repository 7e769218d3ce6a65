import { EOF, type TokenType } from "chevrotain";
import type { Peek } from "./lookahead.ts";
import { At, Dot, Implies, LeftParen, Name, type Token, Variable } from "./tokens.ts";

/** What is known of a name whose statement was not understood. A declaration without a name goes by "". */
export type Unparsed = "declared" | "derived";

/** Tokens of a statement that are looked at. */
const MAX_TOKENS = 100;

/**
 * What a statement that is given up seems to declare or to make: `(link, infinity, infinity, keys(1)).` has lost its word,
 * `materialize(, infinity, ..` its name, which is then "". `declared` is the name that was understood before.
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

/** The tokens up to the next `.` or `:-`, that too. */
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
