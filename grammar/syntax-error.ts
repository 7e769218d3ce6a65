/*
 * Messages of syntax errors (E0140). The parser calls syntaxError() when a statement fails. Chevrotain calls `expectations`
 * first, to name what it expected; the tables below map grammar rules and tokens to words.
 */
import { EOF, type IParserErrorMessageProvider, type IToken, type TokenType } from "chevrotain";
import type { Diagnostic } from "./diagnostic.ts";
import { type Peek, startsAggregate } from "./lookahead.ts";
import { report } from "./report.ts";
import type { Span } from "./span.ts";
import {
  Assign,
  Colon,
  Comma,
  Dot,
  Equals,
  Greater,
  Implies,
  LeftArrow,
  LeftBrace,
  LeftBracket,
  LeftParen,
  Name,
  RightBrace,
  RightBracket,
  RightParen,
  spanOf,
  type Token,
  Variable,
} from "./tokens.ts";

const MAX_QUOTE_LENGTH = 40;

const STATEMENT = "a rule, a fact or a declaration";
const BODY_END = "`,` or `.`";
const HEAD_END = "`:-` or `.`";

/** Expected construct by grammar rule, or by rule and token, where the name of the token alone would be incomplete. */
const EXPECTED: ReadonlyMap<string, string> = new Map([
  ["statement", STATEMENT],
  ["body Dot", BODY_END],
  ["literal", "a predicate, a condition or an assignment"],
  ["anyName", "a name"],
  ["keys Comma", "`, keys(..)`"],
  ["argument", "an argument"],
  ["unary", "an expression"],
  ["locationValue", "a variable, a literal or an address"],
  ["node", "an address in that overlay"],
  ["opening", "`(` or `[`"],
  ["closing", "`)` or `]`"],
  ["tail RightBracket", "`]`"],
  ["keyColumn NumberLiteral", "a column number"],
  ["evictColumn NumberLiteral", "a column number"],
  ["materialize RightParen", "`)` or `, evict`"],
  ["import StringLiteral", 'a file name in quotes: `"file.mzl"`'],
  ["type Name", "a type"],
  ["view LeftBrace", "`timeout(seconds)`, `many` or `{`"],
]);

/** Lists in brackets, by the grammar rule and the token that ends the list. */
const LISTS: ReadonlyMap<string, ListKind> = new Map([
  ["arguments RightParen", { item: "argument", article: "an", end: "`)`" }],
  ["call RightParen", { item: "argument", article: "an", end: "`)`" }],
  ["header RightParen", { item: "argument", article: "an", end: "`)`" }],
  ["nodeWithOptions RightParen", { item: "option", article: "an", end: "`)`" }],
  ["list RightBracket", { item: "element", article: "an", end: "`]`" }],
  ["keys RightParen", { item: "column number", article: "a", end: "`)`" }],
  ["types RightParen", { item: "type", article: "a", end: "`)`" }],
  ["itemTypes RightBracket", { item: "type", article: "a", end: "`]`" }],
  ["typeBounds RightParen", { item: "number", article: "a", end: "`)`" }],
]);

interface ListKind {
  readonly item: string;
  readonly article: string;
  readonly end: string;
}

/** Texts of Chevrotain's exceptions: what the parser expected, in words or as a key of LISTS. */
export const expectations: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected, ruleName }) => {
    const key = `${ruleName} ${expected.name}`;
    return LISTS.has(key) ? key : (EXPECTED.get(key) ?? expected.LABEL ?? expected.name);
  },
  buildNoViableAltMessage: ({ customUserDescription, ruleName }) =>
    customUserDescription ?? EXPECTED.get(ruleName) ?? ruleName,
  buildEarlyExitMessage: ({ customUserDescription, ruleName }) => customUserDescription ?? ruleName,
  buildNotAllInputParsedMessage: ({ ruleName }) => ruleName,
};

/** State of the parser at a syntax error: `peek(0)` is the last token it consumed, `peek(1)` the one it rejected. */
export interface ParseFailure {
  /** Message of Chevrotain's exception, from `expectations`. */
  readonly expected: string;
  readonly peek: Peek;
  readonly textOf: (span: Span) => string;
}

/** Returns the diagnostic of a syntax error, at the position where the expected text is missing. */
export function syntaxError(failure: ParseFailure): Diagnostic {
  const { peek } = failure;
  const found = nameOf(peek(1));
  const help = helpFor(failure);
  if (failure.expected === STATEMENT) {
    return report("E0140", spanOf(peek(1)), { expected: STATEMENT, after: undefined, found, help });
  }
  const expected = expectedText(failure);
  return report("E0140", spanOfError(peek(0), peek(1)), { expected, after: textBefore(failure), found, help });
}

/** Returns the expected text. At the beginning of a list, an item is expected as well as the closing bracket. */
function expectedText({ expected, peek }: ParseFailure): string {
  const list = LISTS.get(expected);
  if (list === undefined) return expected;
  return isOpening(peek(0)) ? `${list.article} ${list.item} or ${list.end}` : `${list.end} or \`,\``;
}

/** Returns the position of the error: the rejected token if it is on the line of the token before it, else the end of that token. */
function spanOfError(before: Token, found: Token): Span {
  if (before.tokenType === EOF) return spanOf(found);
  if (found.tokenType !== EOF && !found.isFirstOnLine && found.file === before.file) return spanOf(found);
  return { file: before.file, start: before.end, end: before.end };
}

function nameOf(token: Token): string {
  return token.tokenType === EOF ? "the end of the file" : `\`${shorten(token.image)}\``;
}

function isOpening(token: IToken): boolean {
  return token.tokenType === LeftParen || token.tokenType === LeftBracket;
}

/** Returns the text before the error: the last item if a list could continue or end here, else the last token. */
function textBefore(failure: ParseFailure): string | undefined {
  const { expected, peek } = failure;
  const before = peek(0);
  if (before.tokenType === EOF) return undefined;
  const list = LISTS.get(expected);
  if (isOpening(before) || (list === undefined && !isEnd(expected))) return `\`${shorten(before.image)}\``;
  return `${list === undefined ? "" : `the ${list.item} `}\`${shorten(itemBefore(failure))}\``;
}

function isEnd(expected: string): boolean {
  return expected === BODY_END || expected === HEAD_END;
}

/** Returns the source text of the last item of the current list. */
function itemBefore({ peek, textOf }: ParseFailure): string {
  const last = peek(0);
  let first = last;
  let depth = 0;
  for (let at = 0; !endsItem(peek(at), depth); at -= 1) {
    first = peek(at);
    depth += bracketStep(first);
  }
  // All tokens of a macro have the same span. If the rejected token is from the same macro, the span does not show where the item ends.
  const isOneText = first.file === last.file && last.end !== peek(1).end;
  const text = isOneText ? textOf(spanOf(first, last)).replace(/\s+/g, " ") : last.image;
  return text.length > MAX_QUOTE_LENGTH ? last.image : text;
}

function endsItem(token: Token, depth: number): boolean {
  const { tokenType } = token;
  if (tokenType === EOF || tokenType === Dot || tokenType === Implies || isBrace(token)) return true;
  return depth === 0 && (tokenType === Comma || isOpening(token));
}

function isBrace(token: Token): boolean {
  return token.tokenType === LeftBrace || token.tokenType === RightBrace;
}

function bracketStep(token: Token): number {
  if (token.tokenType === RightParen || token.tokenType === RightBracket) return 1;
  return isOpening(token) ? -1 : 0;
}

function shorten(text: string): string {
  return text.length > MAX_QUOTE_LENGTH ? `${text.slice(0, MAX_QUOTE_LENGTH - 2)}..` : text;
}

function helpFor({ expected, peek }: ParseFailure): string | undefined {
  const [before, found] = [peek(0), peek(1)];
  const word = wordHelp(found, expected);
  if (word !== undefined) return word;
  if (isAggregated(peek)) return "an aggregate belongs in the head of a rule: `head(.., count<X>) :- body.`";
  if (before.image === "not" || before.image === "NOT") return "write `!p(..)` or `notin p(..)`";
  if (before.tokenType === Variable && found.tokenType === LeftParen) return lowerCaseHelp(before);
  if (expected === "a name in lower case" && found.tokenType === Variable) return lowerCaseHelp(found);
  return helpForFound(found.tokenType, expected, peek);
}

/** Returns help for words that separate conditions in other languages. */
function wordHelp({ image, tokenType }: Token, expected: string): string | undefined {
  if (expected !== BODY_END || (tokenType !== Name && tokenType !== Variable)) return undefined;
  switch (image.toLowerCase()) {
    case "and":
      return "literals are separated by `,`";
    case "or":
      return "write a rule for each case, or `||` between conditions";
    case "is":
      return "write `:=` to give a variable its value";
    default:
      return undefined;
  }
}

/** Returns whether an aggregate such as `count<X>` was used as an expression, so that its `<` was read as a comparison. */
function isAggregated(peek: Peek): boolean {
  if (peek(0).tokenType !== Greater) return false;
  return [-2, -3].some((at) => startsAggregate((ahead) => peek(at + ahead - 1), true));
}

function helpForFound(found: TokenType, expected: string, peek: Peek): string | undefined {
  const afterHead = expected === HEAD_END;
  if (afterHead && [Assign, Colon, Equals, LeftArrow].includes(found)) return "a rule is `head :- body.`";
  if (found === Equals) return "write `==` to compare, `:=` to give a variable its value";
  if (found === Implies && expected === BODY_END) return "a rule ends with `.`; is one missing before this head?";
  if (found === Name && afterHead && peek(1).isFirstOnLine) return "a rule or fact ends with `.`";
  if (expected === "`(`" && [Comma, Dot, Implies].includes(found)) return "a predicate has brackets: `p(..)`";
  return undefined;
}

function lowerCaseHelp(token: Token): string {
  const name = token.image.charAt(0).toLowerCase() + token.image.slice(1);
  return `\`${token.image}\` is a variable; a name begins with a lower-case letter: \`${name}\``;
}
