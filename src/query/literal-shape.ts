/**
 * literal-shape: a quick test for texts that cannot be one literal. `read-value.ts` calls it before it calls the parser, which takes far
 * longer to refuse a text, above all one that nests deeply.
 */
import { lex } from "../../grammar/lex.ts";
import { TEXT_LIMITS } from "../../grammar/text-limits.ts";
import * as t from "../../grammar/tokens.ts";

/** Opening brackets of lists and of addresses with options, and the brackets that close them. */
const CLOSING: ReadonlyMap<unknown, unknown> = new Map([
  [t.LeftBracket, t.RightBracket],
  [t.LeftParen, t.RightParen],
]);

/** Tokens that are values. A name may also be the overlay of an address. */
const VALUES: ReadonlySet<unknown> = new Set([t.NumberLiteral, t.StringLiteral, t.BytesLiteral, t.Name, t.Variable]);

/** Tokens that the preprocessor executes. The text after them may be replaced or left out. */
const PREPROCESSED: ReadonlySet<unknown> = new Set([t.Directive, t.Continuation, t.Shebang]);

/**
 * Returns whether the tokens of a text are in the order of a literal: values, lists and addresses, with balanced brackets. False means that
 * the text is no literal; true means that the parser must decide.
 */
export function hasLiteralShape(text: string): boolean {
  /** Closing brackets that are missing. */
  const open: unknown[] = [];
  let before: unknown;
  let isComplete = false;
  /** Number of overlays before the value that follows. */
  let overlays = 0;
  for (const { tokenType } of lex({ file: "value", text, dialect: "mozlog" }).tokens) {
    if (PREPROCESSED.has(tokenType)) return true;
    if (!isComplete) {
      const closing = CLOSING.get(tokenType);
      if (closing !== undefined) open.push(closing);
      else if (VALUES.has(tokenType)) isComplete = true;
      else if (tokenType === t.RightBracket && before === t.LeftBracket) isComplete = open.pop() === tokenType;
      else if (tokenType !== t.Minus) return false;
    } else if (tokenType === t.Comma) {
      if (open.length === 0) return false;
      isComplete = false;
      overlays = 0;
    } else if (tokenType === t.DoubleColon || tokenType === t.Colon) {
      if (before !== t.Name && before !== t.Variable) return false;
      isComplete = false;
      overlays++;
    } else if (open.length === 0 || open.pop() !== tokenType) {
      return false;
    }
    if (open.length + overlays > TEXT_LIMITS.nesting) return false;
    before = tokenType;
  }
  return isComplete && open.length === 0;
}
