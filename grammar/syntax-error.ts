import { EOF, type IParserErrorMessageProvider, type IToken, type TokenType } from "chevrotain";
import type { Diagnostic } from "./diagnostic.ts";
import type { Peek } from "./lookahead.ts";
import { report } from "./report.ts";
import type { Span } from "./span.ts";
import {
  Assign,
  Comma,
  Dot,
  Equals,
  Implies,
  LeftArrow,
  LeftBrace,
  LeftBracket,
  LeftParen,
  Name,
  RightBracket,
  RightParen,
  spanOf,
  type Token,
  Variable,
} from "./tokens.ts";

const LONGEST_QUOTE = 40;

/** What is wanted where one of several things may stand, by the parser's rule and, within it, the token it waits for. */
const EXPECTED: ReadonlyMap<string, string> = new Map([
  ["statement", "a rule, a fact or a declaration"],
  ["ending", "`:-` or `.`"],
  ["body Dot", "`,` or `.`"],
  ["literal", "a predicate, a condition or an assignment"],
  ["atom Name", "a predicate's name"],
  ["atom RightParen", "`)` or `,`"],
  ["call RightParen", "`)` or `,`"],
  ["list RightBracket", "`]` or `,`"],
  ["node RightParen", "`)` or `,`"],
  ["argument", "an argument"],
  ["primary", "an expression"],
  ["place", "a variable, a literal or an address"],
  ["node", "an address in that overlay"],
  ["opening", "`(` or `[`"],
  ["closing", "`)` or `]`"],
  ["overlay Name", "a name in lower case"],
  ["keys RightParen", "`)` or `,`"],
  ["keys NumberLiteral", "a column number"],
  ["evict", "`max(column)`, `min(column)` or `fifo`"],
  ["materialize RightParen", "`)`, `keys(..)` or `evict`"],
  ["import StringLiteral", 'a file name in quotes: `"file.mzl"`'],
  ["types RightParen", "`)` or `,`"],
  ["types Name", "a type"],
  ["rights Dot", "`insert`, `delete` or `.`"],
  ["header RightParen", "`)` or `,`"],
  ["header LeftBrace", "`timeout(seconds)`, `many` or `{`"],
  ["viewArgument", "a variable, or `&` and a variable"],
  ["view RightBrace", "`}`"],
]);

/** The errors of the parser carry the words for what it wanted as their message; `syntaxError` makes the rest. */
export const expectations: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected, ruleName }) =>
    EXPECTED.get(`${ruleName} ${expected.name}`) ?? expected.LABEL ?? expected.name,
  buildNoViableAltMessage: ({ ruleName }) => EXPECTED.get(ruleName) ?? ruleName,
  buildEarlyExitMessage: ({ ruleName }) => EXPECTED.get(ruleName) ?? ruleName,
  buildNotAllInputParsedMessage: ({ ruleName }) => ruleName,
};

/** What the parser failed at: `peek(0)` is the last token it took, `peek(1)` the one it could not. */
export interface Failure {
  readonly expected: string;
  readonly peek: Peek;
  textOf(span: Span): string;
}

/** The failure in plain words, at the place where what is missing belongs. */
export function syntaxError(failure: Failure): Diagnostic {
  const { peek } = failure;
  const found = peek(1);
  const wantsArgument = isListEnd(failure.expected) && isOpening(peek(0));
  const expected = wantsArgument ? `an argument or ${failure.expected.slice(0, 3)}` : failure.expected;
  const facts = { expected, after: whatPrecedes(failure), found: nameOf(found), help: helpFor(failure) };
  return report("E0140", placeOf(peek(0), found), facts);
}

/** What is found on a later line is seldom the mistake: the place is then the end of what stands before. */
function placeOf(before: Token, found: Token): Span {
  if (before.tokenType === EOF) return spanOf(found);
  if (found.tokenType !== EOF && !found.opensLine && found.file === before.file) return spanOf(found);
  return { file: before.file, start: before.end, end: before.end };
}

function nameOf(token: Token): string {
  return token.tokenType === EOF ? "the end of the file" : `\`${shorten(token.image)}\``;
}

function isListEnd(expected: string): boolean {
  return expected === "`)` or `,`" || expected === "`]` or `,`";
}

function isOpening(token: IToken): boolean {
  return token.tokenType === LeftParen || token.tokenType === LeftBracket;
}

/** `the argument \`X + 1\``, where a list goes on or ends; elsewhere the token before. */
function whatPrecedes(failure: Failure): string | undefined {
  const { peek } = failure;
  const before = peek(0);
  if (before.tokenType === EOF) return undefined;
  const what = kindOfItem(failure.expected, peek);
  const text = what === undefined ? before.image : itemBefore(failure);
  return `${what ?? ""}\`${shorten(text)}\``;
}

function kindOfItem(expected: string, peek: Peek): string | undefined {
  if (isOpening(peek(0))) return undefined;
  if (expected === "`)` or `,`") return "the argument ";
  if (expected === "`]` or `,`") return "the element ";
  return expected === "`,` or `.`" || expected === "`:-` or `.`" ? "" : undefined;
}

/** The source of the last item of the list the parser is in. */
function itemBefore({ peek, textOf }: Failure): string {
  const last = peek(0);
  let first = last;
  let depth = 0;
  for (let at = 0; !endsItem(peek(at), depth); at -= 1) {
    first = peek(at);
    depth += bracketStep(first);
  }
  const text = first.file === last.file ? textOf(spanOf(first, last)).replace(/\s+/g, " ") : last.image;
  return text.length > LONGEST_QUOTE ? last.image : text;
}

function endsItem(token: Token, depth: number): boolean {
  const { tokenType } = token;
  if (tokenType === EOF || tokenType === Dot || tokenType === Implies || tokenType === LeftBrace) return true;
  return depth === 0 && (tokenType === Comma || isOpening(token));
}

function bracketStep(token: Token): number {
  if (token.tokenType === RightParen || token.tokenType === RightBracket) return 1;
  return isOpening(token) ? -1 : 0;
}

function shorten(text: string): string {
  return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE - 2)}..` : text;
}

function helpFor({ expected, peek }: Failure): string | undefined {
  const [before, found] = [peek(0), peek(1)];
  if (before.image === "not") return "write `!p(..)` or `notin p(..)`";
  if (before.tokenType === Variable && found.tokenType === LeftParen) return lowerCaseHelp(before);
  if (expected === "a predicate's name" && found.tokenType === Variable) return lowerCaseHelp(found);
  return helpForFound(found.tokenType, expected, peek);
}

function helpForFound(found: TokenType, expected: string, peek: Peek): string | undefined {
  const afterHead = expected === "`:-` or `.`";
  if (afterHead && (found === Assign || found === LeftArrow || found === Equals)) return "a rule is `head :- body.`";
  if (found === Equals) return "write `==` to compare, `:=` to give a variable its value";
  if (found === Implies && expected === "`,` or `.`") return "a rule ends with `.`; is one missing before this head?";
  if (found === Name && afterHead && peek(1).opensLine) return "a rule or fact ends with `.`";
  return undefined;
}

function lowerCaseHelp(token: Token): string {
  const name = token.image.charAt(0).toLowerCase() + token.image.slice(1);
  return `\`${token.image}\` is a variable; names of predicates and functions begin in lower case, as \`${name}\` does`;
}
