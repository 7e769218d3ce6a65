/*
 * Lookahead tests of the parser: which construct begins at the next token? The grammar reserves no words, so the meaning of a name depends
 * on the tokens after it. The parser calls these functions as gates of its alternatives and during error recovery.
 */
import { EOF, tokenMatcher, type TokenType } from "chevrotain";
import { aggregateNamed } from "./aggregate-names.ts";
import {
  At,
  BinaryOperator,
  Bang,
  Colon,
  Comma,
  Dot,
  DoubleColon,
  Implies,
  LeftArrow,
  LeftBracket,
  LeftParen,
  Less,
  Name,
  Question,
  RightBracket,
  RightParen,
  StringLiteral,
  type Token,
  Variable,
} from "./tokens.ts";

/** Returns a token relative to the parser's position: `peek(1)` is the next one. Beyond the last it returns EOF. */
export type Peek = (ahead: number) => Token;

export function isWord(peek: Peek, at: number, word: string): boolean {
  return peek(at).tokenType === Name && peek(at).image === word;
}

function is(peek: Peek, at: number, ...types: readonly TokenType[]): boolean {
  return types.includes(peek(at).tokenType);
}

/**
 * Returns the position after the bracket that closes the bracket at `at`. If it is missing, returns the end of the statement. The two
 * brackets need not be of one kind, because of intervals such as `(A, B]`.
 */
function afterBrackets(peek: Peek, at: number): number {
  let depth = 0;
  for (let next = at; ; next += 1) {
    if (is(peek, next, LeftParen, LeftBracket)) depth += 1;
    else if (is(peek, next, RightParen, RightBracket)) depth -= 1;
    else if (is(peek, next, Dot, Implies) || peek(next).image === "") return next;
    if (depth === 0) return next + 1;
  }
}

export function startsMaterialize(peek: Peek): boolean {
  return (isWord(peek, 1, "materialize") || isWord(peek, 1, "materialise")) && is(peek, 2, LeftParen);
}

export function startsWatch(peek: Peek): boolean {
  return ["watch", "watchmod", "watchfine"].some((word) => isWord(peek, 1, word)) && isCallAlone(peek);
}

export function startsTrace(peek: Peek): boolean {
  return (isWord(peek, 1, "trace") || isWord(peek, 1, "traceTable")) && isCallAlone(peek);
}

function isCallAlone(peek: Peek): boolean {
  return is(peek, 2, LeftParen) && !is(peek, afterBrackets(peek, 2), Implies);
}

export function startsOverlay(peek: Peek): boolean {
  return isWord(peek, 1, "overlay") && is(peek, 2, Name, Variable) && !is(peek, 3, LeftParen, At, Colon);
}

export function startsImport(peek: Peek): boolean {
  if (!isWord(peek, 1, "import")) return false;
  return is(peek, 2, StringLiteral) || (is(peek, 2, Name) && !is(peek, 3, LeftParen, At));
}

export function startsAccept(peek: Peek): boolean {
  if (!isWord(peek, 1, "accept") || !is(peek, 2, Name, Variable) || !is(peek, 3, LeftParen)) return false;
  return !is(peek, afterBrackets(peek, 3), Implies);
}

export function startsView(peek: Peek): boolean {
  return isWord(peek, 1, "def") && !is(peek, 2, LeftParen, At, Colon);
}

export function startsLabel(peek: Peek): boolean {
  return is(peek, 1, Name, Variable) && is(peek, 2, Colon, Name, Variable) && !startsDelete(peek);
}

export function startsDelete(peek: Peek): boolean {
  return isWord(peek, 1, "delete") && is(peek, 2, Name, Variable) && is(peek, 3, LeftParen, At);
}

/**
 * Returns whether a predicate with brackets begins at `at`. A call that an operator follows is a function call, and so is
 * every name that begins with `f_`.
 */
export function isPredicate(peek: Peek, at: number): boolean {
  if (!is(peek, at, Name, Variable) || peek(at).image.startsWith("f_")) return false;
  if (is(peek, at + 1, At)) return true;
  if (!is(peek, at + 1, LeftParen)) return false;
  return !continuesExpression(peek, afterBrackets(peek, at + 1));
}

function continuesExpression(peek: Peek, at: number): boolean {
  return tokenMatcher(peek(at), BinaryOperator) || is(peek, at, Question, LeftArrow) || isWord(peek, at, "in");
}

/** Matches `delete t(` and `insert t(` in a body, OverLog's events of row changes. */
export function startsRowEvent(peek: Peek): boolean {
  return (
    (isWord(peek, 1, "delete") || isWord(peek, 1, "insert")) && is(peek, 2, Name, Variable) && isPredicate(peek, 2)
  );
}

export function startsNegation(peek: Peek): boolean {
  return (is(peek, 1, Bang) || isWord(peek, 1, "notin")) && isPredicate(peek, 2);
}

/** Matches `v!fail(`. */
export function startsFailure(peek: Peek): boolean {
  return is(peek, 1, Name) && is(peek, 2, Bang) && is(peek, 3, Name);
}

/** Matches `min<`. In capitals, as in OverLog, it is an aggregate only in heads; in a body, `MIN <` compares a variable. */
export function startsAggregate(peek: Peek, inHead: boolean): boolean {
  if (!is(peek, 2, Less) || aggregateNamed(peek(1).image) === undefined) return false;
  return is(peek, 1, Name) || (inHead && is(peek, 1, Variable) && /^[A-Z]+$/.test(peek(1).image));
}

/** Matches `@min<`. */
export function startsLocatedAggregate(peek: Peek, inHead: boolean): boolean {
  return is(peek, 1, At) && startsAggregate((ahead) => peek(ahead + 1), inHead);
}

export function startsCall(peek: Peek): boolean {
  return is(peek, 1, Name) && (is(peek, 2, LeftParen) || startsLocatedCall(peek));
}

/** Matches `f_now@X(`, a notation of the oldest programs. The location is ignored, because a function runs where its rule runs. */
function startsLocatedCall(peek: Peek): boolean {
  return peek(1).image.startsWith("f_") && is(peek, 2, At) && is(peek, 3, Variable) && is(peek, 4, LeftParen);
}

export function startsAddress(peek: Peek): boolean {
  return is(peek, 1, Name, Variable) && is(peek, 2, DoubleColon);
}

/** Matches `sr:[` without spaces, unlike the colon of `A ? b : [c]`. */
export function startsColonAddress(peek: Peek): boolean {
  if (!is(peek, 1, Name, Variable) || !is(peek, 2, Colon) || !is(peek, 3, LeftBracket)) return false;
  return peek(1).end === peek(2).startOffset && peek(2).end === peek(3).startOffset;
}

/** Returns whether a head and `:-` follow, with or without a label. No body contains such a sequence of tokens. */
function startsRule(peek: Peek): boolean {
  let at = 1;
  if (startsLabel(peek)) at = is(peek, 2, Colon) ? 3 : 2;
  if (isWord(peek, at, "delete") && is(peek, at + 1, Name, Variable)) at += 1;
  if (!is(peek, at, Name, Variable)) return false;
  at += 1;
  while (at < 12 && !is(peek, at, LeftParen)) at += 1;
  return is(peek, at, LeftParen) && is(peek, afterBrackets(peek, at), Implies);
}

/** Returns whether the next statement begins with a keyword and is not allowed in a view. */
export function startsTopStatement(peek: Peek): boolean {
  return startsView(peek) || startsOverlay(peek) || startsImport(peek) || startsAccept(peek);
}

/** Returns whether another statement begins here, although the statement that began with `first` lacks its `.`. */
export function startsNextStatement(peek: Peek, first: Token): boolean {
  if (!peek(1).isFirstOnLine || !is(peek, 1, Name, Variable) || is(peek, 0, Comma, Implies)) return false;
  return peek(1).column <= first.column || startsRule(peek);
}

/**
 * Returns whether a statement can begin after a `.` during recovery. If neither a name nor a new line follows, the `.` was
 * inside the broken statement.
 */
export function canResume(peek: Peek, first: Token): boolean {
  return is(peek, 1, Name, Variable, EOF) || peek(1).isFirstOnLine || peek(1).file !== first.file;
}
