/** How large a program may be. What passes a limit is refused by a message that names the option which raises it. */
export interface TextLimits {
  /** MiB of one file. */
  readonly source: number;
  /** Rules of the whole program. */
  readonly rules: number;
  /** Levels of brackets. */
  readonly nesting: number;
}

export const TEXT_LIMITS: TextLimits = { source: 2, rules: 20_000, nesting: 200 };

/** What the limits can be raised to. */
export const MAX_TEXT_LIMITS: TextLimits = { source: 64, rules: 1_000_000, nesting: 500 };

const RULES_STRINGS_AND_COMMENTS = /"(?:[^"\\\n\r]|\\[^\n\r])*"|\/\/[^\n\r]*|%%[^\n\r]*|\/\*[^]*?\*\/|:-/g;
const CONDITIONAL = /^[ \t]*#[ \t]*(?:if|else|elif)/m;

/** Rules in a text, found in a glance; undefined where conditions decide which of them count. */
export function countRules(text: string): number | undefined {
  if (CONDITIONAL.test(text)) return undefined;
  let count = 0;
  for (const [found] of text.matchAll(RULES_STRINGS_AND_COMMENTS)) if (found === ":-") count++;
  return count;
}
