/*
 * Token types of the language, and the tokens that the lexer passes to the preprocessor and the parser. The labels are the
 * names of tokens in syntax errors.
 */
import { createToken, type IToken, Lexer, type TokenType } from "chevrotain";
import type { Span } from "./span.ts";

/** Token with its position. A token from a macro has the position of the macro's use. */
export interface Token extends IToken {
  readonly file: string;
  /** Offset after the last character. */
  readonly end: number;
  readonly line: number;
  readonly column: number;
  /** True if no other token precedes it on its line. */
  readonly isFirstOnLine: boolean;
}

/** Returns the span from the first token to the last. */
export function spanOf(first: Token, last: Token = first): Span {
  return { file: first.file, start: first.startOffset, end: first.file === last.file ? last.end : first.end };
}

/** Category of invalid tokens. They stay in the token stream, so that the parser abandons the statement there. */
export const Bad: TokenType = createToken({ name: "Bad", pattern: Lexer.NA });
export const BadCharacter: TokenType = createToken({ name: "BadCharacter", pattern: Lexer.NA, categories: Bad });
export const BadName: TokenType = createToken({ name: "BadName", pattern: /_\w+/, categories: Bad });
export const BadQuotes: TokenType = createToken({ name: "BadQuotes", pattern: /'[^'\n\r]*'?/, categories: Bad });
export const UnclosedString: TokenType = createToken({ name: "UnclosedString", pattern: /"[^\n\r]*/, categories: Bad });
const UnclosedComment: TokenType = createToken({
  name: "UnclosedComment",
  pattern: /\/\*[\s\S]*/,
  categories: Bad,
  line_breaks: true,
});

const Space: TokenType = createToken({
  name: "Space",
  pattern: /[ \t\r\n\f\v\u00a0\ufeff]+/,
  group: Lexer.SKIPPED,
  line_breaks: true,
});
const LineComment: TokenType = createToken({
  name: "LineComment",
  pattern: /(?:\/\/|%%)[^\n\r]*/,
  group: Lexer.SKIPPED,
});
const BlockComment: TokenType = createToken({
  name: "BlockComment",
  pattern: /\/\*[\s\S]*?\*\//,
  group: "comments",
  line_breaks: true,
});

/** `#!/usr/bin/env ...` */
export const Shebang: TokenType = createToken({ name: "Shebang", pattern: /#![^\n\r]*/ });
/** `#define` and other directives. The rest of the line consists of ordinary tokens. */
export const Directive: TokenType = createToken({ name: "Directive", pattern: /#[ \t]*[A-Za-z]*/ });
/** Backslash at the end of a line, which continues a directive on the next line. */
export const Continuation: TokenType = createToken({
  name: "Continuation",
  pattern: /\\[ \t]*(?:\r\n|\n|\r)/,
  line_breaks: true,
});

/** Name of a predicate, function, overlay or constant. It may contain dots. */
export const Name: TokenType = createToken({
  name: "Name",
  pattern: /[a-z]\w*(?:\.[A-Za-z_]\w*)*/,
  label: "a name",
});
export const Variable: TokenType = createToken({ name: "Variable", pattern: /[A-Z]\w*/, label: "a variable" });
export const Wildcard: TokenType = createToken({ name: "Wildcard", pattern: /_/, label: "`_`" });

/** Number, id, duration or rate. `literals.ts` distinguishes and validates them. */
export const NumberLiteral: TokenType = createToken({
  name: "NumberLiteral",
  pattern: /\d+(?:\.\d+)*(?:[eE][+-]\d+)?\w*/,
  label: "a number",
});
export const StringLiteral: TokenType = createToken({
  name: "StringLiteral",
  pattern: /"[^"\\\n\r]*(?:\\[^\n\r][^"\\\n\r]*)*"/,
  label: "a string",
});
export const BytesLiteral: TokenType = createToken({ name: "BytesLiteral", pattern: /b"[^"\n\r]*"/, label: "bytes" });

/** Category of binary operators. `in` is not among them, because the lexer reads it as a name. */
export const BinaryOperator: TokenType = createToken({
  name: "BinaryOperator",
  pattern: Lexer.NA,
  label: "an operator",
});

export const Implies: TokenType = mark("Implies", ":-");
export const Assign: TokenType = mark("Assign", ":=");
export const DoubleColon: TokenType = mark("DoubleColon", "::");
export const Colon: TokenType = mark("Colon", ":");
export const LeftArrow: TokenType = mark("LeftArrow", "<-");
export const Less: TokenType = operator("Less", "<");
export const Greater: TokenType = operator("Greater", ">");
export const Equals: TokenType = mark("Equals", "=");
export const Bang: TokenType = mark("Bang", "!");
export const Ampersand: TokenType = operator("Ampersand", "&");
export const Tilde: TokenType = mark("Tilde", "~");
export const Minus: TokenType = operator("Minus", "-");
export const Star: TokenType = operator("Star", "*");
export const Question: TokenType = mark("Question", "?");
export const At: TokenType = mark("At", "@");
export const Comma: TokenType = mark("Comma", ",");
export const Dot: TokenType = mark("Dot", ".");
export const LeftParen: TokenType = mark("LeftParen", "(");
export const RightParen: TokenType = mark("RightParen", ")");
export const LeftBracket: TokenType = mark("LeftBracket", "[");
export const RightBracket: TokenType = mark("RightBracket", "]");
export const LeftBrace: TokenType = mark("LeftBrace", "{");
export const RightBrace: TokenType = mark("RightBrace", "}");

/** All token types in the order in which the lexer tries them. If one token is a prefix of another, the longer token comes first. */
export const TOKEN_TYPES: readonly TokenType[] = [
  Space,
  LineComment,
  BlockComment,
  UnclosedComment,
  BytesLiteral,
  Name,
  Variable,
  BadName,
  Wildcard,
  NumberLiteral,
  StringLiteral,
  UnclosedString,
  BadQuotes,
  Implies,
  Assign,
  DoubleColon,
  Colon,
  LeftArrow,
  operator("ShiftLeft", "<<"),
  operator("LessOrEqual", "<="),
  operator("Unlike", "<>"),
  Less,
  operator("ShiftRight", ">>"),
  operator("GreaterOrEqual", ">="),
  Greater,
  operator("Equal", "=="),
  Equals,
  operator("NotEqual", "!="),
  Bang,
  operator("And", "&&"),
  Ampersand,
  operator("Or", "||"),
  operator("BitOr", "|"),
  operator("BitXor", "^"),
  Tilde,
  operator("Plus", "+"),
  Minus,
  Star,
  operator("Slash", "/"),
  operator("Percent", "%"),
  Question,
  At,
  Comma,
  Dot,
  LeftParen,
  RightParen,
  LeftBracket,
  RightBracket,
  LeftBrace,
  RightBrace,
  Shebang,
  Directive,
  Continuation,
  BinaryOperator,
  BadCharacter,
  Bad,
];

function mark(name: string, text: string): TokenType {
  return createToken({ name, pattern: text, label: `\`${text}\`` });
}

function operator(name: string, text: string): TokenType {
  return createToken({ name, pattern: text, label: `\`${text}\``, categories: BinaryOperator });
}
