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

/**
 * What a name means is told by the tokens after it: no word of the language is reserved. `peek(1)` is the next token,
 * and beyond the last there is one of no file.
 */
export type Peek = (ahead: number) => Token;

export function isWord(peek: Peek, at: number, word: string): boolean {
  return peek(at).tokenType === Name && peek(at).image === word;
}

function is(peek: Peek, at: number, ...types: readonly TokenType[]): boolean {
  return types.includes(peek(at).tokenType);
}

/** `(` stands at `at`: where the token after its `)` is. The brackets of intervals may differ: `(A, B]`. */
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
  return (isWord(peek, 1, "watch") || isWord(peek, 1, "watchmod")) && isCallAlone(peek);
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

/** A predicate with brackets, and not a function call that an operator goes on from. Functions begin with `f_`. */
export function isPredicate(peek: Peek, at: number): boolean {
  if (!is(peek, at, Name, Variable) || peek(at).image.startsWith("f_")) return false;
  if (is(peek, at + 1, At)) return true;
  if (!is(peek, at + 1, LeftParen)) return false;
  return !continuesExpression(peek, afterBrackets(peek, at + 1));
}

function continuesExpression(peek: Peek, at: number): boolean {
  return tokenMatcher(peek(at), BinaryOperator) || is(peek, at, Question, LeftArrow) || isWord(peek, at, "in");
}

export function startsNegation(peek: Peek): boolean {
  return (is(peek, 1, Bang) || isWord(peek, 1, "notin")) && isPredicate(peek, 2);
}

/** `v!fail(` */
export function startsFailure(peek: Peek): boolean {
  return is(peek, 1, Name) && is(peek, 2, Bang) && is(peek, 3, Name);
}

/** `min<`. In OverLog's capitals it is an aggregate in heads only: elsewhere it is a variable that is compared. */
export function startsAggregate(peek: Peek, inHead: boolean): boolean {
  if (!is(peek, 2, Less) || aggregateNamed(peek(1).image) === undefined) return false;
  return is(peek, 1, Name) || (inHead && is(peek, 1, Variable) && /^[A-Z]+$/.test(peek(1).image));
}

/** `@min<` */
export function startsLocatedAggregate(peek: Peek, inHead: boolean): boolean {
  return is(peek, 1, At) && startsAggregate((ahead) => peek(ahead + 1), inHead);
}

export function startsCall(peek: Peek): boolean {
  return is(peek, 1, Name) && (is(peek, 2, LeftParen) || startsLocatedCall(peek));
}

/** `f_now@X(`, as the oldest programs have it: a function runs where its rule does. */
function startsLocatedCall(peek: Peek): boolean {
  return peek(1).image.startsWith("f_") && is(peek, 2, At) && is(peek, 3, Variable) && is(peek, 4, LeftParen);
}

export function startsAddress(peek: Peek): boolean {
  return is(peek, 1, Name, Variable) && is(peek, 2, DoubleColon);
}

/** `sr:[`, without spaces: in `A ? b : [c]` the colon is another. */
export function startsColonAddress(peek: Peek): boolean {
  if (!is(peek, 1, Name, Variable) || !is(peek, 2, Colon) || !is(peek, 3, LeftBracket)) return false;
  return peek(1).end === peek(2).startOffset && peek(2).end === peek(3).startOffset;
}

/** A head and `:-`, perhaps with a label: what no rule's body contains. */
function startsRule(peek: Peek): boolean {
  let at = 1;
  if (startsLabel(peek)) at = is(peek, 2, Colon) ? 3 : 2;
  if (isWord(peek, at, "delete") && is(peek, at + 1, Name, Variable)) at += 1;
  if (!is(peek, at, Name, Variable)) return false;
  at += 1;
  while (at < 12 && !is(peek, at, LeftParen)) at += 1;
  return is(peek, at, LeftParen) && is(peek, afterBrackets(peek, at), Implies);
}

/** A statement that begins with a word of the language and can stand at the top of a file only. */
export function startsTopStatement(peek: Peek): boolean {
  return startsView(peek) || startsOverlay(peek) || startsImport(peek) || startsAccept(peek);
}

/** Whether a statement begins here, although the one that began with `first` has not ended with `.`. */
export function startsNextStatement(peek: Peek, first: Token): boolean {
  if (!peek(1).isFirstOnLine || !is(peek, 1, Name, Variable) || is(peek, 0, Comma, Implies)) return false;
  return peek(1).column <= first.column || startsRule(peek);
}

/** What goes on behind a `.` with neither a name nor another line was torn apart by it. */
export function canResume(peek: Peek, first: Token): boolean {
  return is(peek, 1, Name, Variable, EOF) || peek(1).isFirstOnLine || peek(1).file !== first.file;
}
