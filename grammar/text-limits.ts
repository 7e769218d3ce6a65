/** Limits on the size of a program. The error about an exceeded limit names the option that raises it. */
export interface TextLimits {
  /** Maximum size of one file in MiB. */
  readonly source: number;
  /** Maximum number of rules of the whole program. */
  readonly rules: number;
  /** Maximum nesting depth of expressions. */
  readonly nesting: number;
}

export const TEXT_LIMITS: TextLimits = { source: 2, rules: 20_000, nesting: 200 };

/** Highest values that `--limit` accepts. */
export const MAX_TEXT_LIMITS: TextLimits = { source: 64, rules: 1_000_000, nesting: 500 };

/** Unclosed strings and comments match too: otherwise each `"` and each beginning of a comment would start another search for its end. */
const RULES_STRINGS_AND_COMMENTS = /"(?:[^"\\\n\r]|\\[^\n\r])*"?|\/\/[^\n\r]*|%%[^\n\r]*|\/\*[^]*?(?:\*\/|$)|:-/g;
const CONDITIONAL = /^[ \t]*#[ \t]*(?:if|else|elif)/m;

/** Counts the rules of a text without parsing it. Returns undefined if the text contains `#if`, because it can exclude rules. */
export function countRules(text: string): number | undefined {
  if (CONDITIONAL.test(text)) return undefined;
  let count = 0;
  for (const [found] of text.matchAll(RULES_STRINGS_AND_COMMENTS)) if (found === ":-") count++;
  return count;
}
