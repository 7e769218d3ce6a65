import { type ILexingError, type IToken, Lexer } from "chevrotain";
import type { Source } from "./span.ts";
import { BadCharacter, TOKEN_TYPES, type Token } from "./tokens.ts";

export interface LexedText {
  readonly tokens: readonly Token[];
  readonly comments: readonly Comment[];
}

/** Block comment, which may span several lines. */
export interface Comment {
  readonly start: number;
  readonly text: string;
}

let lexer: Lexer | undefined;

/** Splits a text into tokens. Invalid text becomes tokens of the `Bad` types, so lexing never fails. */
export function lex(source: Source): LexedText {
  lexer ??= new Lexer([...TOKEN_TYPES], { positionTracking: "onlyStart", skipValidations: true });
  const result = lexer.tokenize(source.text);
  const comments = result.groups["comments"] ?? [];
  return {
    tokens: locateTokens(source.file, withBadCharacters(source.text, result.tokens, result.errors)),
    comments: comments.map((comment) => ({ start: comment.startOffset, text: comment.image })),
  };
}

function withBadCharacters(text: string, tokens: IToken[], errors: readonly ILexingError[]): readonly IToken[] {
  if (errors.length === 0) return tokens;
  const all = [...tokens, ...errors.map((error) => badCharacter(text, error))];
  return all.sort((a, b) => a.startOffset - b.startOffset);
}

function badCharacter(text: string, error: ILexingError): IToken {
  return {
    image: text.slice(error.offset, error.offset + error.length),
    startOffset: error.offset,
    startLine: error.line ?? 0,
    startColumn: error.column ?? 0,
    tokenType: BadCharacter,
    tokenTypeIdx: BadCharacter.tokenTypeIdx ?? 0,
  };
}

function locateTokens(file: string, tokens: readonly IToken[]): readonly Token[] {
  let lineBefore = 0;
  return tokens.map((token) => {
    const line = token.startLine ?? 0;
    const located = locateToken(file, token, line !== lineBefore);
    lineBefore = line;
    return located;
  });
}

function locateToken(file: string, token: IToken, isFirstOnLine: boolean): Token {
  const { image, startOffset, tokenType, tokenTypeIdx } = token;
  const end = startOffset + image.length;
  const line = token.startLine ?? 0;
  const column = token.startColumn ?? 0;
  return { image, startOffset, tokenType, tokenTypeIdx, file, end, line, column, isFirstOnLine };
}
